import { dagMatcher } from '#shared/airflow/dag-glob.ts'
import type { Access } from '#shared/ipc/access.ts'
import type { ActivityEntry } from '#shared/ipc/activity.ts'
import type { Notice } from './notices.ts'

/** An answer to a request for access takes minutes, not seconds. */
const everyMs = 60_000
/** Nobody waits longer than a day's work. */
const forMs = 10 * 3_600_000

export interface CopiedRequestsOptions {
  /** As the relay says it. */
  readonly access: (environment: string) => Promise<Access>
  readonly say: (notice: Notice) => void
}

interface Open {
  readonly environment: string
  readonly entry: ActivityEntry
  /** Grants that were there when it was asked: they were not enough. */
  readonly before: ReadonlySet<string>
  triesLeft: number
}

/**
 * Looks whether access was given that the person has asked for by a text of theirs, of which the relay knows nothing. Only what they may do is looked at, now and then, and
 * only as long as they wait for something.
 */
export class CopiedRequests {
  readonly #options: CopiedRequestsOptions
  readonly #open = new Map<string, Open>()
  #timer: NodeJS.Timeout | null = null

  constructor(options: CopiedRequestsOptions) {
    this.#options = options
  }

  /** The person has copied a text that asks for what was refused here. */
  async copied(environment: string, entry: ActivityEntry): Promise<void> {
    const before = await this.#covering(environment, entry).catch(() => null)
    // A relay that does not say what one may do does not say it later either.
    if (before === null) return
    this.#open.set(`${environment} ${entry.verb} ${entry.dag}`, {
      environment,
      entry,
      before: new Set(before.map(keyOf)),
      triesLeft: forMs / everyMs,
    })
    this.#wait()
  }

  /** Looks now. */
  async look(): Promise<void> {
    for (const [key, open] of this.#open) {
      open.triesLeft -= 1
      const grants = await this.#covering(open.environment, open.entry).catch(() => [])
      const given = grants.find((grant) => !open.before.has(keyOf(grant)))
      if (given !== undefined) this.#options.say(noticeOf(open, given.role))
      if (given !== undefined || open.triesLeft <= 0) this.#open.delete(key)
    }
  }

  #wait(): void {
    if (this.#timer !== null || this.#open.size === 0) return
    this.#timer = setTimeout(() => {
      void this.look().finally(() => {
        this.#timer = null
        this.#wait()
      })
    }, everyMs)
    this.#timer.unref()
  }

  async #covering(environment: string, { service, verb, dag }: ActivityEntry): Promise<Grant[]> {
    const { services } = await this.#options.access(environment)
    const grants = services.find(({ name }) => name === service)?.grants ?? []
    return grants.filter(({ verbs, dags }) => verb !== null && verbs.includes(verb) && dagMatcher(dags)(dag))
  }
}

type Grant = Access['services'][number]['grants'][number]

function keyOf(grant: Grant): string {
  return JSON.stringify(grant)
}

function noticeOf({ environment, entry }: Open, role: string): Notice {
  const on = entry.dag === null ? '' : ` on ${entry.dag}`
  return {
    cause: `granted ${environment} ${entry.verb} ${entry.dag}`,
    title: `${environment}: you have been given access`,
    body: `You have the role ${role} now, which may do ${entry.verb}${on}. Try it again.`,
    action: { do: 'openWindow', label: 'Open Jetway' },
  }
}
