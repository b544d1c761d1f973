import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { authorizationRequest } from '../oauth/authorization-request.ts'
import type { Keyring } from '../oauth/keyring.ts'
import { seal, unseal } from '../oauth/sealed.ts'

/** How long someone may take at the provider, in seconds. */
const lifetimeSeconds = 600
const purpose = 'saml sign-in'
/** So many sign-ins of one browser can run side by side; more would fill its requests. */
const slots = 4

const begun = z.object({
  requestId: z.string(),
  relayState: z.string(),
  expires: z.number(),
  request: authorizationRequest,
})

/** A sign-in that a browser is to begin. */
type Beginning = Omit<z.infer<typeof begun>, 'expires'>

/** A sign-in that a browser has begun. */
interface Begun extends Beginning {
  /** Seconds since the epoch. */
  readonly begunAt: number
}

/**
 * Gives the browser what was begun, to bring it back with the provider's answer: it stands for the browser, and nothing
 * has to be kept here for those who never come back.
 */
export class SignInCookie {
  readonly #keyring: Keyring
  readonly #isSecure: boolean

  constructor(keyring: Keyring, publicUrl: string) {
    this.#keyring = keyring
    this.#isSecure = publicUrl.startsWith('https:')
  }

  /** The Set-Cookie for what was begun. */
  set(what: Beginning): string {
    const value = seal(this.#keyring, purpose, { ...what, expires: now() + lifetimeSeconds })
    return this.#header(what.relayState, value, lifetimeSeconds)
  }

  clear(relayState: string): string {
    return this.#header(relayState, '', 0)
  }

  /** What this browser has begun under this RelayState; null where it has not, or too long ago. */
  get({ headers }: IncomingMessage, relayState: string): Begun | null {
    const name = `${this.#nameOf(relayState)}=`
    const values = (headers.cookie ?? '')
      .split(/; */)
      .filter((pair) => pair.startsWith(name))
      .map((pair) => pair.slice(name.length))
    const parsed = begun.safeParse(unseal(this.#keyring, purpose, values[0] ?? ''))
    if (values.length !== 1 || !parsed.success) return null
    const { expires, ...what } = parsed.data
    if (what.relayState !== relayState || expires <= now()) return null
    return { ...what, begunAt: expires - lifetimeSeconds }
  }

  /** None but this host gets or sets it; it has to come with the provider's POST, which is another site's. */
  #header(relayState: string, value: string, seconds: number): string {
    const site = this.#isSecure ? 'Secure; SameSite=None' : 'SameSite=Lax'
    return `${this.#nameOf(relayState)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; ${site}`
  }

  #nameOf(relayState: string): string {
    const slot = Number.parseInt(relayState.slice(0, 1), 16) % slots
    return `${this.#isSecure ? '__Host-' : ''}jetway-sign-in-${slot}`
  }
}

const now = () => Math.floor(Date.now() / 1000)
