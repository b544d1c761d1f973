import { type RefObject, useLayoutEffect, useState } from 'react'

/** Rows that are there beside those in sight, so that a fast scroll shows no holes. */
const beyond = 8

export interface RowWindow {
  readonly first: number
  readonly count: number
}

/** Which rows of the same height an element that scrolls has in sight. Changes only when another row comes in sight. */
export function useRowWindow(viewport: RefObject<HTMLElement | null>, rowPixels: number): RowWindow {
  const [rows, setRows] = useState<RowWindow>({ first: 0, count: 0 })
  useLayoutEffect(() => {
    const element = viewport.current
    if (element === null) return
    const look = (): void => {
      const first = Math.max(0, Math.floor(element.scrollTop / rowPixels) - beyond)
      const count = Math.ceil(element.clientHeight / rowPixels) + 2 * beyond
      setRows((known) => (known.first === first && known.count === count ? known : { first, count }))
    }
    look()
    const observer = new ResizeObserver(look)
    observer.observe(element)
    element.addEventListener('scroll', look, { passive: true })
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', look)
    }
  }, [viewport, rowPixels])
  return rows
}
