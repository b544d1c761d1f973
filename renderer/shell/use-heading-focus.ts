import { type RefObject, useEffect, useRef } from 'react'

/**
 * For a heading: what had the focus before (a form, another page) is gone, and a screen reader goes on from here. But
 * what still has the focus, such as a choice in the list, keeps it.
 */
export function useHeadingFocus(): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (document.activeElement === document.body) heading.current?.focus()
  }, [])
  return heading
}
