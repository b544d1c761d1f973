import { expect, test } from 'vitest'
import { placeOn } from '../../../../main/window/place.ts'

const left = { x: 0, y: 25, width: 1280, height: 775 }
const right = { x: 1280, y: 0, width: 1920, height: 1080 }
const size = { width: 900, height: 600 }

test('a window stays where it was, on whichever screen', () => {
  expect(placeOn({ x: 100, y: 50, ...size }, [left])).toEqual({ x: 100, y: 50, ...size })
  expect(placeOn({ x: 2000, y: 300, ...size }, [left, right])).toEqual({ x: 2000, y: 300, ...size })
  expect(placeOn({ x: -700, y: 50, ...size }, [left])).toEqual({ x: -700, y: 50, ...size })
})

test('a window whose screen is gone comes to the middle of the first one', () => {
  expect(placeOn({ x: 2000, y: 300, ...size }, [left])).toEqual({ x: 190, y: 113, ...size })
})

test('a window that nobody could take hold of comes back', () => {
  const centred = { x: 190, y: 113, ...size }
  expect(placeOn({ x: 1280 - 119, y: 50, ...size }, [left])).toEqual(centred)
  expect(placeOn({ x: 1280 - 120, y: 50, ...size }, [left])).toMatchObject({ x: 1160 })
  expect(placeOn({ x: 100, y: 24, ...size }, [left])).toEqual(centred)
  expect(placeOn({ x: 100, y: 25 + 775 - 23, ...size }, [left])).toEqual(centred)
})

test('a window is no larger than its screen', () => {
  expect(placeOn({ x: 0, y: 25, width: 4000, height: 3000 }, [left])).toEqual(left)
})
