import { randomBytes } from 'node:crypto'
import { generateServiceProviderMetadata, SAML, ValidateInResponseTo } from '@node-saml/node-saml'
import type { LoadedSaml } from '../config/people.ts'
import { type LogoutMessage, type LogoutRequest, verifyLogoutRequest } from './logout-request.ts'
import type { MetadataSource } from './metadata-source.ts'
import type { ProviderMetadata } from './provider-metadata.ts'
import { type Refusal, refusalOf } from './refusal.ts'
import { type VerifiedAssertion, verifyResponse } from './response.ts'
import type { Wished } from './wished.ts'

/** Our store does this; see KeptSignIns. */
const noCache = { saveAsync: async () => null, getAsync: async () => null, removeAsync: async () => null }

/** The relay as a SAML service provider: what it sends, and what it accepts. */
export class ServiceProvider {
  readonly entityId: string
  readonly acsUrl: string
  readonly logoutUrl: string
  readonly #saml: LoadedSaml
  readonly #source: MetadataSource

  constructor(saml: LoadedSaml, publicUrl: string, source: MetadataSource) {
    this.entityId = saml.spEntityId ?? `${publicUrl}/saml/metadata`
    this.acsUrl = `${publicUrl}/saml/acs`
    this.logoutUrl = `${publicUrl}/saml/slo`
    this.#saml = saml
    this.#source = source
  }

  /** Its own metadata, XML. */
  get metadata(): string {
    const { signing, nameIdFormat } = this.#saml
    const made = generateServiceProviderMetadata({
      issuer: this.entityId,
      callbackUrl: this.acsUrl,
      logoutCallbackUrl: this.logoutUrl,
      wantAssertionsSigned: true,
      identifierFormat: nameIdFormat,
      ...(signing ? { privateKey: signing.key, publicCerts: signing.cert } : {}),
    })
    // Logouts may come in both ways.
    return made.replace(
      /<SingleLogoutService Binding="([^"]*:)HTTP-POST"([^>]*)\/>/,
      '$&<SingleLogoutService Binding="$1HTTP-Redirect"$2/>',
    )
  }

  /** @throws PROVIDER_UNREACHABLE (a retry can help) */
  async ready(): Promise<void> {
    await this.#source.current()
  }

  /**
   * Where the browser goes to sign in (SAML Bindings §3.4).
   *
   * @param wished how fresh and how strong the sign-in is to be
   * @throws PROVIDER_UNREACHABLE (a retry can help)
   */
  async requestUrl(requestId: string, relayState: string, wished: Wished): Promise<string> {
    const { fresh, maxAge, acrValues } = wished
    const saml = this.#samlFor(await this.#source.current(), {
      generateUniqueId: () => requestId,
      // SAML has no word for how old a sign-in may be.
      forceAuthn: fresh || maxAge !== null,
      disableRequestedAuthnContext: acrValues.length === 0,
      authnContext: [...acrValues],
      racComparison: 'exact',
    })
    return saml.getAuthorizeUrlAsync(relayState, undefined, {})
  }

  /** @throws Error with what is wrong, for the log only; PROVIDER_UNREACHABLE (a retry can help) */
  verify(encoded: string, requestId: string): Promise<VerifiedAssertion | Refusal> {
    const { entityId: issuer, clockToleranceSeconds } = this.#saml
    const rules = { issuer, clockToleranceSeconds, audience: this.entityId, acsUrl: this.acsUrl, requestId }
    return this.#withCertificates(
      async (certificates) =>
        (await refusalOf(encoded, { ...rules, certificates })) ??
        verifyResponse(encoded, { ...rules, certificates }),
    )
  }

  /** @throws Error with what is wrong, for the log only; PROVIDER_UNREACHABLE (a retry can help) */
  verifyLogout(message: LogoutMessage): Promise<LogoutRequest> {
    const { entityId: issuer, clockToleranceSeconds } = this.#saml
    const rules = { issuer, clockToleranceSeconds, destination: this.logoutUrl }
    return this.#withCertificates((certificates) => verifyLogoutRequest(message, { ...rules, certificates }))
  }

  /** Where the browser goes to be logged out at the provider; null where it has no such place. */
  async logoutRequestUrl(who: {
    nameId: string
    nameIdFormat: string | null
    sessionIndex: string | null
  }): Promise<string | null> {
    const provider = await this.#source.current()
    if (provider.logoutUrl === null) return null
    const { nameId: nameID, nameIdFormat, sessionIndex } = who
    const profile = {
      issuer: this.#saml.entityId,
      nameID,
      nameIDFormat: nameIdFormat ?? 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
      ...(sessionIndex === null ? {} : { sessionIndex }),
    }
    return this.#samlFor(provider, { logoutUrl: provider.logoutUrl }).getLogoutUrlAsync(profile, '', {})
  }

  /** Where the browser goes back to once a logout is done; null where the provider has no such place. */
  async logoutResponseUrl({ id }: LogoutRequest, relayState: string): Promise<string | null> {
    const provider = await this.#source.current()
    if (provider.logoutResponseUrl === null) return null
    const request = { ID: id, issuer: this.#saml.entityId, nameID: '', nameIDFormat: '' }
    return this.#samlFor(provider, { logoutUrl: provider.logoutResponseUrl }).getLogoutResponseUrlAsync(
      request,
      relayState,
      {},
      true,
    )
  }

  /** Once more where the provider has other keys by now. */
  async #withCertificates<T>(verify: (certificates: readonly string[]) => Promise<T>): Promise<T> {
    const { certificates } = await this.#source.current()
    try {
      return await verify(certificates)
    } catch (error) {
      if (!(await this.#source.renew())) throw error
      return verify((await this.#source.current()).certificates)
    }
  }

  #samlFor(provider: ProviderMetadata, more: Partial<ConstructorParameters<typeof SAML>[0]>): SAML {
    const { signing, nameIdFormat } = this.#saml
    return new SAML({
      idpCert: [...provider.certificates],
      entryPoint: provider.ssoUrl,
      issuer: this.entityId,
      callbackUrl: this.acsUrl,
      identifierFormat: nameIdFormat,
      disableRequestedAuthnContext: true,
      signatureAlgorithm: 'sha256',
      validateInResponseTo: ValidateInResponseTo.never,
      cacheProvider: noCache,
      ...(signing ? { privateKey: signing.key, publicCert: signing.cert } : {}),
      ...more,
    })
  }
}

/** An ID as SAML has it: an NCName that nobody guesses (SAML Core §1.3.4). */
export function newRequestId(): string {
  return `_${randomBytes(20).toString('hex')}`
}
