import { type RefObject, useCallback, useEffect, useRef } from 'react'

/**
 * Keeps the keyboard where the person was, when what had the focus is taken away: a row that was decided on, a button whose
 * dialog is done. It goes on from the title of that part, or from the tab where the part is gone as well.
 *
 * @param change what may take something away, whenever it is another one
 * @returns to be called when a dialog has closed
 */
export function useLanding(root: RefObject<HTMLElement | null>, change: unknown): () => void {
  const part = useRef<Element | null>(null)
  useEffect(() => {
    const remember = ({ target }: FocusEvent): void => {
      if (target instanceof Element && root.current?.contains(target))
        part.current = target.closest('section')
    }
    // Who has clicked beside everything is nowhere on purpose.
    const forget = (): void => {
      part.current = null
    }
    document.addEventListener('focusin', remember)
    document.addEventListener('pointerdown', forget, { capture: true })
    return () => {
      document.removeEventListener('focusin', remember)
      document.removeEventListener('pointerdown', forget, { capture: true })
    }
  }, [root])
  const land = useCallback((): void => {
    // A dialog gives the focus back with the next frame.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        if (part.current === null || document.activeElement !== document.body) return
        const title = part.current.isConnected ? part.current.querySelector('h2') : null
        const landing = title ?? document.querySelector<HTMLElement>('[role="tab"][aria-selected="true"]')
        landing?.focus({ preventScroll: true })
      }),
    )
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: with each change something may be gone
  useEffect(land, [land, change])
  return land
}
