import { expect, test } from 'vitest'
import { type Appearance, appearanceFor } from '#client/appearance.ts'

test.each(['prod', 'production', 'preprod', 'eu-PROD-2'])('%s is marked as production', (name) => {
  expect(appearanceFor(name, [])).toEqual({ color: 'red', production: true })
})

test('others get the next free color, and then those that the fewest have; never that of production', () => {
  const given: Appearance[] = []
  for (let n = 0; n < 16; n += 1) given.push(appearanceFor(`env-${n}`, given))
  const colors = given.map(({ color }) => color)
  expect(colors.slice(0, 7)).toEqual(['blue', 'green', 'teal', 'purple', 'pink', 'orange', 'gray'])
  expect(colors.slice(7)).toEqual([...colors.slice(0, 7), 'blue', 'green'])
  expect(given.some(({ production }) => production)).toBe(false)
})

test('a color that someone chose is not free', () => {
  const others: Appearance[] = [{ color: 'blue', production: true }]
  expect(appearanceFor('dev', others).color).toBe('green')
})
