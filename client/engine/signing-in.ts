/** A sign-in that is under way. Whoever else wants one joins it, so that there is one page to sign in at. */
export class SigningIn {
  readonly #controller = new AbortController()
  readonly #watchers = new Set<(url: string) => void>()
  readonly #done: Promise<void>
  #url: string | null = null

  /** @param run signs in; called in a turn of its own, when this is there for others to find */
  constructor(run: (o: { browse: (url: string) => void; signal: AbortSignal }) => Promise<void>) {
    const browse = (url: string) => {
      this.#url = url
      for (const watcher of this.#watchers) watcher(url)
    }
    this.#done = Promise.resolve().then(() => run({ browse, signal: this.#controller.signal }))
  }

  /**
   * Resolves when the person is signed in.
   *
   * @param browse shows the page's URL to the person; called as soon as that is known
   * @throws what the sign-in failed with
   */
  async join(browse: (url: string) => void): Promise<void> {
    this.#watchers.add(browse)
    if (this.#url !== null) browse(this.#url)
    await this.#done
  }

  cancel(): void {
    this.#controller.abort()
  }
}
