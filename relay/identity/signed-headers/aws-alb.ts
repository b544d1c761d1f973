import { decodeProtectedHeader, errors, type JWTHeaderParameters, type JWTPayload, jwtVerify } from 'jose'
import type { SignedHeaderOf } from '#shared/config/identity/signed-headers.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Authenticator, VerifiedToken } from '../authenticator.ts'
import { principalOf } from '../claims.ts'
import { AlbKeys } from './alb-keys.ts'
import { withMembership } from './members.ts'

const maxTokenBytes = 16_384
/** An ALB writes the padding, and signs it. */
const paddedForm = /^[A-Za-z0-9_-]+={0,2}(\.[A-Za-z0-9_-]+={0,2}){2}$/

/**
 * For what an Application Load Balancer signs: the answer of the provider's userinfo endpoint as payload, and who signed
 * for which client until when in the header. There is no audience, so it is the signer that says for whom it is: another
 * account's balancer signs with keys from the same place.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
 */
export function createAlb(path: string, config: SignedHeaderOf<'aws-alb'>): Authenticator {
  return new AlbAuthenticator(path, config)
}

class AlbAuthenticator implements Authenticator {
  readonly path: string
  readonly isReady = true
  readonly #config: SignedHeaderOf<'aws-alb'>
  readonly #keys: AlbKeys

  constructor(path: string, config: SignedHeaderOf<'aws-alb'>) {
    this.path = path
    this.#config = config
    this.#keys = new AlbKeys(config.signer)
  }

  get issuer(): string {
    return this.#config.issuer
  }

  get speaksFor(): readonly string[] {
    return [this.issuer]
  }

  /** Which keys there are is known only when one is named. */
  async ready(): Promise<void> {}

  takeKeys(): boolean {
    return false
  }

  async authenticate(token: string): Promise<VerifiedToken> {
    try {
      if (token.length > maxTokenBytes || !paddedForm.test(token)) throw new Error('not a JWT as of an ALB')
      // Before its signature is looked at, so that nobody makes the relay fetch keys for what it would not take.
      this.#requireOurs(decodeProtectedHeader(token) as JWTHeaderParameters)
      const { clockToleranceSeconds: clockTolerance } = this.#config
      const { payload, protectedHeader } = await jwtVerify(
        token,
        ({ kid }) => this.#keys.get(kid as string),
        { algorithms: ['ES256'], requiredClaims: ['sub'], clockTolerance },
      )
      return { principal: this.#principalOf(payload, protectedHeader), keyThumbprint: null }
    } catch (cause) {
      if (cause instanceof JetwayError) throw cause
      const code = cause instanceof errors.JWTExpired ? 'TOKEN_EXPIRED' : 'UNAUTHENTICATED'
      throw new JetwayError(code, {}, { cause })
    }
  }

  #requireOurs({ alg, typ, signer, client, iss }: JWTHeaderParameters): void {
    const { signer: ours, clientId, issuer } = this.#config
    if (alg !== 'ES256') throw new Error(`alg ${String(alg)} is not accepted`)
    if (typ !== undefined && typ !== 'JWT') throw new Error(`typ ${String(typ)} is not accepted`)
    if (signer !== ours) throw new Error(`signed by ${String(signer)}`)
    if (client !== clientId) throw new Error(`for the client ${String(client)}`)
    if (iss !== issuer) throw new Error(`of the issuer ${String(iss)}`)
  }

  #principalOf(payload: JWTPayload, { exp }: JWTHeaderParameters) {
    const { issuer, groupsClaim, clockToleranceSeconds } = this.#config
    if (payload.iss !== undefined && payload.iss !== issuer)
      throw new Error(`it says it is of ${payload.iss}`)
    if (payload.cnf !== undefined) throw new Error('it is bound to a key')
    if (typeof exp !== 'number') throw new Error('it has no end')
    const expires = Math.min(exp, payload.exp ?? exp)
    if (expires + clockToleranceSeconds <= Date.now() / 1000)
      throw new errors.JWTExpired('its header has expired', payload, 'exp', 'check_failed')
    const claims = { ...payload, iss: issuer, exp: expires }
    return withMembership(principalOf(claims, groupsClaim, this.path), payload, this.#config)
  }
}
