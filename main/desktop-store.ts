import type { DesktopState } from '#shared/ipc/desktop.ts'

/** The one state that window, tray and notices show, put together from what the parts of main know. */
export class DesktopStore {
  readonly #listeners: Array<(state: DesktopState) => void> = []
  #state: DesktopState

  constructor(initial: DesktopState) {
    this.#state = initial
  }

  get state(): DesktopState {
    return this.#state
  }

  change(part: Partial<DesktopState>): void {
    this.#state = { ...this.#state, ...part }
    for (const listener of this.#listeners) listener(this.#state)
  }

  onChange(listener: (state: DesktopState) => void): void {
    this.#listeners.push(listener)
  }
}
