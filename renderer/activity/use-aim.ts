import { type PointerEvent, useEffect, useRef } from 'react'
import type { ActivityLog } from './activity-log.ts'

/** So long after the pointer came to rest nobody is about to press anything. */
const restMs = 700

/** While the pointer moves over the list its lines stand still: whoever aims at one hits that one. */
export function useAim(log: ActivityLog): (event: PointerEvent) => void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const rest = (): void => {
    clearTimeout(timer.current)
    if (log.hold === 'aimed') log.follow()
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: when the list goes, or becomes another one
  useEffect(() => rest, [log])
  return ({ movementX, movementY }) => {
    // Also said when it is the lines that move.
    if (movementX === 0 && movementY === 0) return
    log.holdBack('aimed')
    clearTimeout(timer.current)
    timer.current = setTimeout(rest, restMs)
  }
}
