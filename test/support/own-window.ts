import { afterAll, beforeAll, expect, inject } from 'vitest'
import { type DesktopWindow, openDesktopWindow } from './desktop-window.ts'

/** The window of a file's tests: there before the first of them, and gone after the last, when nothing went wrong in its page. */
export function ownWindow(): DesktopWindow {
  const window = { errors: [] } as unknown as DesktopWindow
  beforeAll(async () => {
    Object.assign(window, await openDesktopWindow(inject('electron')))
  })
  afterAll(async () => {
    await window.close?.()
    expect(window.errors).toEqual([])
  })
  return window
}
