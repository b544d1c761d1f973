import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { parseJson } from '#shared/parse-json.ts'
import type { Principal } from '../identity/principal.ts'
import type { RevokedAccess } from '../identity/revoked-access.ts'
import type { SignIn, State } from '../state/state.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import { OAuthError } from './oauth-error.ts'

const codeSeconds = 60
/** Longer than any access token lives. */
const accessSeconds = 960

const text = z.string().nullable()
const data = z.object({
  redirectUri: z.string(),
  codeChallenge: z.string(),
  nonce: text,
  nameIdFormat: text,
  who: z.object({
    name: z.string(),
    email: text,
    groups: z.array(z.string()),
    authTime: z.number().nullable(),
    by: z.string(),
    acr: text,
  }),
})

interface Fetched {
  readonly principal: Principal
  readonly refreshToken: string
}

/**
 * Sign-ins that the relay itself keeps, for as long as someone need not sign in anew: a code, once and soon; then refresh
 * tokens, each once. A secret that comes a second time was stolen by one of two: what it gave ends.
 */
export class KeptSignIns {
  readonly #state: State
  readonly #revoked: RevokedAccess

  constructor({ state, revoked }: { state: State; revoked: RevokedAccess }) {
    this.#state = state
    this.#revoked = revoked
  }

  /**
   * Keeps who has signed in.
   *
   * @param o.principal whose `authentication.sessionId` is the provider's session; its `expires` ends the sign-in
   * @returns the code by which the client that asked fetches its tokens
   * @throws ACCESS_REVOKED, STATE_UNAVAILABLE (a retry can help)
   */
  async begin(o: {
    principal: Principal
    request: AuthorizationRequest
    nameIdFormat: string | null
  }): Promise<string> {
    const { principal, request } = o
    this.#revoked.check(principal)
    const { name, email, groups, authTime, authentication } = principal
    const { by, acr, sessionId } = authentication
    const { redirectUri, codeChallenge, nonce } = request
    const who = { name, email, groups: [...groups], authTime, by, acr }
    const code = randomBytes(32).toString('base64url')
    const signIn = {
      id: randomUUID(),
      issuer: principal.issuer,
      subject: principal.subject,
      providerSession: sessionId,
      data: JSON.stringify({
        redirectUri,
        codeChallenge,
        nonce,
        nameIdFormat: o.nameIdFormat,
        who,
      } satisfies z.infer<typeof data>),
      expires: principal.expires,
    }
    await this.#state.signIns.add(signIn, code, now() + codeSeconds, now())
    return code
  }

  /** @throws OAuthError; STATE_UNAVAILABLE (a retry can help) */
  async fetch(o: {
    code: string
    redirectUri: string
    codeVerifier: string
    keyThumbprint: string
  }): Promise<Fetched & { readonly nonce: string | null }> {
    const found = await this.#state.signIns.ofCode(o.code, now())
    if (!found) throw refused('a code that is none')
    const { signIn, used } = found
    if (used) throw await this.#stolen(signIn, 'a code that was used before')
    const { redirectUri, codeChallenge, nonce } = dataOf(signIn)
    if (o.redirectUri !== redirectUri) throw refused('another redirect URI')
    if (!isVerifierOf(codeChallenge, o.codeVerifier)) throw refused('another code verifier')
    const principal = this.#principalOf(signIn)
    const refreshToken = newRefreshToken(signIn)
    if (!(await this.#state.signIns.spendCode(o.code, refreshToken, o.keyThumbprint, now())))
      throw await this.#stolen(signIn, 'a code that was used at the same time')
    return { principal, refreshToken, nonce }
  }

  /** @throws OAuthError; STATE_UNAVAILABLE (a retry can help) */
  async refresh(present: string, keyThumbprint: string): Promise<Fetched> {
    const signIn = await this.#state.signIns.find(idOf(present), now())
    if (!signIn) throw refused('a sign-in that has ended')
    // A wrong key ends nothing: whoever has seen the token alone must not be able to.
    if (signIn.keyThumbprint !== keyThumbprint) throw refused('another key')
    const principal = this.#principalOf(signIn)
    const refreshToken = newRefreshToken(signIn)
    if (!(await this.#state.signIns.rotate(signIn.id, present, refreshToken, now())))
      throw await this.#stolen(signIn, 'a refresh token that was used before')
    return { principal, refreshToken }
  }

  /** Ends the sign-in of a refresh token, also of one that was used before. @throws STATE_UNAVAILABLE (a retry can help) */
  async revoke(refreshToken: string): Promise<void> {
    if (refreshToken.includes('.')) await this.end({ id: idOf(refreshToken) }, 'signed out')
  }

  /**
   * Ends sign-ins, and all that came of them: refresh tokens, access tokens, sessions.
   *
   * @returns those that had not ended
   * @throws STATE_UNAVAILABLE (a retry can help)
   */
  async end(which: Parameters<State['signIns']['end']>[0], reason: string): Promise<readonly SignIn[]> {
    const ended = await this.#state.signIns.end(which, now())
    const about = { kind: 'session', effect: 'ended', by: 'relay', at: now() } as const
    for (const { id: who, issuer } of ended)
      await this.#revoked.add({ ...about, who, issuer, reason, until: about.at + accessSeconds })
    return ended
  }

  /**
   * Ends a sign-in whose client says that its person is out.
   *
   * @returns it, also where it had ended before: the provider may not know; null where it is over or was never there
   */
  async leave(id: string): Promise<SignIn | null> {
    await this.end({ id }, 'signed out')
    return this.#state.signIns.recall(id, now())
  }

  async #stolen({ id }: SignIn, reason: string): Promise<OAuthError> {
    await this.end({ id }, reason)
    return refused(reason)
  }

  #principalOf(signIn: SignIn): Principal {
    const { by, acr, ...who } = dataOf(signIn).who
    const principal = Object.freeze({
      kind: 'person',
      issuer: signIn.issuer,
      subject: signIn.subject,
      ...who,
      expires: signIn.expires,
      authentication: Object.freeze({ by, tokenId: null, sessionId: signIn.id, acr }),
    } as const)
    try {
      this.#revoked.check(principal)
    } catch (cause) {
      throw refused('someone whose access was revoked', cause)
    }
    return principal
  }
}

/** The format of the name that the provider gave, for telling it of a logout. */
export function nameIdFormatOf(signIn: SignIn): string | null {
  return dataOf(signIn).nameIdFormat
}

function dataOf(signIn: SignIn): z.infer<typeof data> {
  return data.parse(parseJson(signIn.data))
}

function newRefreshToken({ id }: SignIn): string {
  return `${id}.${randomBytes(32).toString('base64url')}`
}

function idOf(refreshToken: string): string {
  return refreshToken.split('.', 1)[0] as string
}

/** RFC 7636 §4.6, S256. */
function isVerifierOf(challenge: string, verifier: string): boolean {
  if (!/^[A-Za-z0-9\-._~]{43,128}$/.test(verifier)) return false
  const made = createHash('sha256').update(verifier).digest()
  return timingSafeEqual(made, Buffer.from(challenge, 'base64url'))
}

/** Why is for the log. */
function refused(reason: string, cause?: unknown): OAuthError {
  return new OAuthError(
    'invalid_grant',
    'It is not good, or not good any more.',
    new Error(reason, { cause }),
  )
}

const now = () => Math.floor(Date.now() / 1000)
