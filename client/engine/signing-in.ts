import type { SignInPage } from '../auth/sign-in-request.ts'

export type Show = (page: SignInPage) => void

/** A sign-in that is under way. Whoever else wants one joins it, so that there is one page to sign in at. */
export class SigningIn {
  readonly #controller = new AbortController()
  readonly #watchers = new Set<Show>()
  readonly #done: Promise<void>
  #page: SignInPage | null = null

  /** @param run signs in; called in a turn of its own, when this is there for others to find */
  constructor(run: (o: { show: Show; signal: AbortSignal }) => Promise<void>) {
    const show = (page: SignInPage) => {
      this.#page = page
      for (const watcher of this.#watchers) watcher(page)
    }
    this.#done = Promise.resolve().then(() => run({ show, signal: this.#controller.signal }))
  }

  /**
   * Resolves when the person is signed in.
   *
   * @param show tells the person where to sign in; called as soon as that is known
   * @throws what the sign-in failed with
   */
  async join(show: Show): Promise<void> {
    this.#watchers.add(show)
    if (this.#page !== null) show(this.#page)
    await this.#done
  }

  cancel(): void {
    this.#controller.abort()
  }
}
