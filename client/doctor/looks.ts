import { asJetwayError } from '#shared/errors/jetway-error.ts'
import type { Finding } from '#shared/ipc/finding.ts'
import { NetworkError } from '../network/network-error.ts'
import { failed, type Outcome, problemFound, skipped } from './outcome.ts'

type Check = Finding['check']

const defaultDeadlineMs = 8000
/** Those that listen to the signal say themselves what did not answer. */
const graceMs = 250

const beginnings: Readonly<Record<Check, string>> = {
  dns: 'Looking up the relay’s name',
  proxy: 'Looking for a proxy',
  tls: 'Looking at the relay’s certificate',
  relay: 'Asking the relay',
  provider: 'Asking the sign-in service',
  clock: 'Comparing clocks',
  keychain: 'Asking the keychain',
  ports: 'Looking at the local ports',
  session: 'Looking at the connection',
}

/** Runs checks, each after those that it needs, and none for longer than its deadline. */
export class Looks {
  readonly #tell: (finding: Finding) => void
  readonly #deadlineMs: number

  /**
   * @param tell called when a check begins, and with what it found
   * @param deadlineMs how long each may take
   */
  constructor(tell: (finding: Finding) => void, deadlineMs: number = defaultDeadlineMs) {
    this.#tell = tell
    this.#deadlineMs = deadlineMs
  }

  /**
   * @param needs checks without which this one says nothing
   * @param late what it is when there is no answer in time
   */
  async at(
    check: Check,
    needs: ReadonlyArray<Promise<Finding>>,
    examine: (signal: AbortSignal) => Promise<Outcome>,
    late: () => Outcome = noAnswer,
  ): Promise<Finding> {
    const before = await Promise.all(needs)
    if (before.some(({ state }) => state === 'failed' || state === 'skipped'))
      return this.#found(check, skipped(), 0)
    this.#found(check, { state: 'running', title: beginnings[check], detail: null, action: null }, 0)
    const begun = performance.now()
    const outcome = await inTime(this.#deadlineMs, examine, late)
    return this.#found(check, outcome, Math.round(performance.now() - begun))
  }

  #found(check: Check, outcome: Outcome, durationMs: number): Finding {
    const finding = { check, ...outcome, durationMs }
    this.#tell(finding)
    return finding
  }
}

async function inTime(
  deadlineMs: number,
  examine: (signal: AbortSignal) => Promise<Outcome>,
  late: () => Outcome,
): Promise<Outcome> {
  const deadline = new AbortController()
  const timers: NodeJS.Timeout[] = []
  const isLate = new Promise<Outcome>((resolve) => {
    const abort = () => deadline.abort(new NetworkError('no answer in time'))
    timers.push(
      setTimeout(abort, deadlineMs),
      setTimeout(() => resolve(late()), deadlineMs + graceMs),
    )
  })
  const examined = examine(deadline.signal).catch((error: unknown) => problemFound(asJetwayError(error)))
  try {
    return await Promise.race([examined, isLate])
  } finally {
    for (const timer of timers) clearTimeout(timer)
  }
}

function noAnswer(): Outcome {
  return failed('There was no answer in time', null, 'Check the network, then look again.')
}
