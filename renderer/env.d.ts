import type { DesktopBridge } from '#shared/ipc/desktop.ts'

declare global {
  interface Window {
    /** Put there by main/preload.ts. */
    readonly jetway: DesktopBridge
  }
}
