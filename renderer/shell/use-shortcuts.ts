import { useEffect, useEffectEvent } from 'react'
import type { Place } from '../place.ts'

const onMac = navigator.platform.startsWith('Mac')

/** Escape goes back. Ctrl (⌘ on a Mac) with 1 to 9 goes to that environment, with a comma to the settings, with N to a new one. */
export function useShortcuts(
  names: readonly string[],
  onGo: (place: Place) => void,
  onBack: () => void,
): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.key === 'Escape' && !event.defaultPrevented) return onBack()
    if (event.altKey || event.shiftKey || !(onMac ? event.metaKey : event.ctrlKey)) return
    const place = placeOf(event.key, names)
    if (place === null) return
    event.preventDefault()
    onGo(place)
  })
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => onKey(event)
    window.addEventListener('keydown', listener)
    return () => window.removeEventListener('keydown', listener)
  }, [])
}

function placeOf(key: string, names: readonly string[]): Place | null {
  if (key === ',') return { kind: 'settings' }
  if (key === 'n') return { kind: 'add' }
  const name = /^[1-9]$/.test(key) ? names[Number(key) - 1] : undefined
  return name === undefined ? null : { kind: 'environment', name }
}
