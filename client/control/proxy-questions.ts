import { askForProxies } from '../network/ways.ts'

/** Who knows the system's settings answers at once; a PAC file may have to be fetched first. */
const answerMs = 5000

/** What a caller is asked about the ways to hosts, until it is gone. */
export class ProxyQuestions {
  readonly #waiting = new Map<number, (proxies: readonly string[] | null) => void>()
  readonly #end: () => void
  #lastId = 0

  /** @param ask sends the question; its answer comes by `answer` */
  constructor(ask: (question: { id: number; url: string }) => void) {
    this.#end = askForProxies((url) => {
      this.#lastId += 1
      const id = this.#lastId
      return new Promise((resolve) => {
        const timer = setTimeout(() => this.answer(id, null), answerMs)
        this.#waiting.set(id, (proxies) => {
          clearTimeout(timer)
          resolve(proxies)
        })
        ask({ id, url })
      })
    })
  }

  /** An answer that nobody waits for any more is none. */
  answer(id: number, proxies: readonly string[] | null): void {
    const resolve = this.#waiting.get(id)
    this.#waiting.delete(id)
    resolve?.(proxies)
  }

  /** Whoever waits gets what the environment's variables say. */
  close(): void {
    this.#end()
    for (const id of [...this.#waiting.keys()]) this.answer(id, null)
  }
}
