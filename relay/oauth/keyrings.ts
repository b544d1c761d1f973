import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { accessRecord } from '../audit/access-record.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Principal } from '../identity/principal.ts'
import { type KeyInfo, Keyring, type KeySchedule } from './keyring.ts'

/** A ring as operators know it: by where it stands in the configuration. */
export interface KeyringInfo {
  readonly path: string
  readonly keys: readonly KeyInfo[]
}

export interface RotateRequest {
  /** Of one ring; null for all. */
  readonly path: string | null
  /** For a key that someone else has: the ones before are not believed any more. */
  readonly now: boolean
  readonly user: string
}

/** What another relay made or deleted is known after so long. */
const lookMs = 500

/** All keyrings of a relay, kept to their schedules. */
export class Keyrings {
  readonly #auditLog: AuditLog
  readonly #generation: () => string
  readonly #log: Logger
  readonly #rings = new Map<string, { readonly ring: Keyring; schedule: KeySchedule }>()
  readonly #timer: NodeJS.Timeout
  /** What is wrong with each ring's folder, said once. */
  readonly #faults = new Map<string, string>()
  /** Called when signatures of a key are not believed any more. */
  onDropped: () => void = () => {}

  constructor(o: { auditLog: AuditLog; generation: () => string; log: Logger }) {
    this.#auditLog = o.auditLog
    this.#generation = o.generation
    this.#log = o.log
    this.#timer = setInterval(() => this.#look(), lookMs)
    this.#timer.unref()
  }

  /**
   * The ring of a folder. One that is open already goes on, by this schedule.
   *
   * @param path where the folder stands in the configuration, e.g. `identity.tokens`
   * @throws CONFIG_INVALID
   */
  open(path: string, folder: string, schedule: KeySchedule): Keyring {
    const key = `${path}\n${folder}`
    const known = this.#rings.get(key)
    const ring = known?.ring ?? Keyring.open(folder, `${path}.keyFolder`)
    this.#rings.set(key, { ring, schedule })
    return ring
  }

  list(): KeyringInfo[] {
    return [...this.#rings].map(([key, { ring }]) => ({ path: pathOf(key), keys: ring.keys }))
  }

  /**
   * Refuses those whose token was signed with a key of a ring that is not believed any more: what was verified once would
   * go on to its end, though somebody else could have signed it.
   *
   * @throws UNAUTHENTICATED
   */
  check({ authentication: { keyId } }: Principal): void {
    if (keyId === undefined) return
    for (const { ring } of this.#rings.values()) if (ring.has(keyId)) return
    throw new JetwayError('UNAUTHENTICATED', {}, { cause: new Error('its key is not believed any more') })
  }

  /**
   * Has other keys sign: from when they have been published for long enough, or at once.
   *
   * @throws USAGE for a ring that is not there; CONFIG_INVALID when its folder cannot be written
   */
  rotate({ path, now, user }: RotateRequest): KeyringInfo[] {
    const meant = [...this.#rings].filter(([key]) => path === null || pathOf(key) === path)
    if (meant.length === 0)
      throw new JetwayError('USAGE', { reason: `There are no keys of ${path ?? 'the relay’s own'} here.` })
    for (const [key, { ring, schedule }] of meant) {
      const made = this.#writing(pathOf(key), () =>
        now ? ring.replace() : ring.makeNext(seconds() + schedule.publishAheadSeconds),
      )
      if (made) this.#record(pathOf(key), made, { by: user, compromised: now })
    }
    if (now) this.onDropped()
    return this.list().filter((ring) => path === null || ring.path === path)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    for (const [key, { ring, schedule }] of this.#rings) {
      try {
        const isDropped = ring.refresh()
        const made = ring.keepSchedule(schedule)
        if (made) this.#record(pathOf(key), made, { by: 'schedule', compromised: false })
        if (isDropped) this.onDropped()
        this.#faults.delete(key)
      } catch (err) {
        const fault = (err as Error).message
        if (this.#faults.get(key) !== fault) this.#log.error({ err, path: pathOf(key) }, 'signing keys')
        this.#faults.set(key, fault)
      }
    }
  }

  #record(path: string, { kid, signsFrom }: KeyInfo, how: { by: string; compromised: boolean }): void {
    this.#log.info({ path, kid, signsFrom, ...how }, 'signing key made')
    const record = accessRecord({
      id: randomUUID(),
      verb: 'keys.rotate',
      startedAt: Date.now(),
      address: '',
      via: 'command',
      generation: this.#generation(),
      access: { path, kid, signsFrom, ...how },
      error: null,
    })
    this.#auditLog.append(record)
  }

  #writing<T>(path: string, action: () => T): T {
    try {
      return action()
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException
      const reason = `${path}.keyFolder cannot be written (${code ?? message})`
      throw new JetwayError('CONFIG_INVALID', { reason }, { cause })
    }
  }
}

function pathOf(key: string): string {
  return key.split('\n', 1)[0] as string
}

function seconds(): number {
  return Math.floor(Date.now() / 1000)
}
