import type { Rectangle } from 'electron'

/** How much of a title bar has to be on a screen, so that a person can take hold of it, in pixels. */
const graspable = { width: 120, height: 24 }

/**
 * Where a window goes that was at `saved`: there, if enough of its top is on a screen that exists; else in the middle of
 * the first screen. It is never larger than its screen.
 *
 * @param screens what can be used of each, the primary one first
 */
export function placeOn(saved: Rectangle, screens: readonly Rectangle[]): Rectangle {
  const [primary] = screens
  if (primary === undefined) return saved
  const screen = screens.find((area) => canBeGrasped(saved, area))
  const area = screen ?? primary
  const width = Math.min(saved.width, area.width)
  const height = Math.min(saved.height, area.height)
  if (screen !== undefined) return { x: saved.x, y: saved.y, width, height }
  return {
    x: Math.round(area.x + (area.width - width) / 2),
    y: Math.round(area.y + (area.height - height) / 2),
    width,
    height,
  }
}

function canBeGrasped(window: Rectangle, area: Rectangle): boolean {
  const overlap = Math.min(window.x + window.width, area.x + area.width) - Math.max(window.x, area.x)
  return (
    overlap >= graspable.width && window.y >= area.y && window.y + graspable.height <= area.y + area.height
  )
}
