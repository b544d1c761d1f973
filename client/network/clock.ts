import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import { httpsFetch } from './https-fetch.ts'

/** Below this it is not the clocks: everyone allows for so much. */
const toleratedSeconds = 30

/** A server whose clock this machine's is held against. */
export interface Clock {
  /** As people call it, e.g. `the provider’s`. */
  readonly whose: string
  /** Whatever is there: only its `Date` counts (RFC 9110 §6.6.1). */
  readonly url: string
}

/** Those that have to agree where people sign in: of who signs tokens, and of who checks them. */
export function clocksOf({ oidc }: Pick<DiscoveryDocument, 'oidc'>, relayUrl: string): readonly Clock[] {
  return [
    { whose: 'the provider’s', url: oidc.issuer },
    { whose: 'the relay’s', url: relayUrl },
  ]
}

/** What was read of a clock: by how many seconds this machine's is ahead of it, to about one. */
export interface Reading {
  readonly whose: string
  readonly aheadSeconds: number
}

/**
 * Whether clocks are why something was not accepted: asked after it was not, so that it says what is the matter.
 *
 * @param clocks the first is the one that signs what the others check
 * @param ca PEM of authorities to trust besides this machine's; null for none
 * @returns CLOCK_SKEW (a retry can help, once the clock is set), or null when it is not the clocks or nobody could say
 */
export async function clockProblem(clocks: readonly Clock[], ca: string | null): Promise<JetwayError | null> {
  return skewOf(await readClocks(clocks, ca))
}

/** Those that could be read. */
export async function readClocks(clocks: readonly Clock[], ca: string | null): Promise<Reading[]> {
  const readings = await Promise.all(clocks.map((clock) => readClock(clock, ca).catch(() => null)))
  return readings.filter((reading) => reading !== null)
}

/**
 * What an ID token that was refused for its time says, which has just been issued: some providers (Keycloak) tell no
 * other time.
 */
export function issuedReading(whose: string, error: unknown): Reading | null {
  if (!(error instanceof Error)) return null
  const { cause } = error
  if (cause instanceof Error) return issuedReading(whose, cause)
  const { now, claims } = (cause ?? {}) as { now?: unknown; claims?: { iat?: unknown } }
  const issued = claims?.iat
  return typeof now === 'number' && typeof issued === 'number' ? { whose, aheadSeconds: now - issued } : null
}

/** CLOCK_SKEW that names the clock that is wrong: this machine's, or that of one that does not agree with the first. */
export function skewOf(readings: readonly Reading[]): JetwayError | null {
  const [first, ...others] = readings
  if (!first) return null
  const isWrong = (seconds: number) => Math.abs(seconds) > toleratedSeconds
  // A server that is wrong alone is not told by this machine's own clock.
  for (const { whose, aheadSeconds } of others) {
    const serverAhead = first.aheadSeconds - aheadSeconds
    if (isWrong(serverAhead) && !isWrong(first.aheadSeconds)) return skew(capital(whose), serverAhead, first)
  }
  const own = readings.find(({ aheadSeconds }) => isWrong(aheadSeconds))
  return own ? skew('This machine’s', own.aheadSeconds, own) : null
}

/** @throws Error when it cannot be asked, or does not say */
async function readClock({ whose, url }: Clock, ca: string | null): Promise<Reading> {
  const asked = Date.now()
  const response = await httpsFetch(ca)(url)
  const answered = Date.now()
  await response.body?.cancel()
  const date = Date.parse(response.headers.get('date') ?? '')
  if (Number.isNaN(date)) throw new Error('it does not say what time it is')
  // Whole seconds, cut off.
  const aheadMs = (asked + answered) / 2 - (date + 500)
  return { whose, aheadSeconds: Math.round(aheadMs / 1000) }
}

function skew(whose: string, aheadSeconds: number, { whose: other }: Reading): JetwayError {
  const difference = `${spoken(Math.abs(aheadSeconds))} ${aheadSeconds > 0 ? 'ahead of' : 'behind'}`
  return new JetwayError('CLOCK_SKEW', { whose, difference, other })
}

/** 90 s is said as `90 seconds`, more in minutes or hours. */
export function spoken(seconds: number): string {
  if (seconds < 120) return `${seconds} seconds`
  return seconds < 7200 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 3600)} hours`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
