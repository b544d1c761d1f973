import { type Profiler, Session } from 'node:inspector'
import { pathToFileURL } from 'node:url'

const root = pathToFileURL(`${import.meta.dirname}/../../`).href
const ownCode = new RegExp(`^${root}(?:shared|client|relay)/`)

/** Which blocks of the code under test have run, once and more than once, as V8 counts them. */
export class Coverage {
  readonly #session = new Session()
  readonly #seen = new Set<string>()

  constructor() {
    this.#session.connect()
    this.#post('Profiler.enable')
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** Forgets what ran since the last call. */
  skip(): void {
    this.#post('Profiler.takePreciseCoverage')
  }

  /** @returns whether anything ran since the last call that never ran before, or never more than once */
  isNew(): boolean {
    const before = this.#seen.size
    const { result } = this.#post('Profiler.takePreciseCoverage') as Profiler.TakePreciseCoverageReturnType
    for (const { url, functions } of result) {
      if (!ownCode.test(url)) continue
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          if (count > 0) this.#seen.add(`${url} ${startOffset} ${endOffset} ${count > 1}`)
        }
      }
    }
    return this.#seen.size > before
  }

  #post(method: string, params: object = {}): unknown {
    let answer: unknown
    // In this process the answer comes before `post` returns.
    this.#session.post(method, params, (error, result) => {
      if (error) throw error
      answer = result
    })
    return answer
  }
}
