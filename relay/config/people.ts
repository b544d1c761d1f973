import { type KeyObject, X509Certificate } from 'node:crypto'
import { resolve } from 'node:path'
import type { IdentityConfig } from '#shared/config/identity/identity.ts'
import type { SamlConfig } from '#shared/config/identity/saml.ts'

type Path = ReadonlyArray<string | number>

interface Reading {
  readonly at: (where: Path, what: string) => void
  readonly read: (where: Path, file: string) => string | null
  readonly readKey: (where: Path, file: string) => KeyObject | null
}

/** Who may say who people are, with every file that it names read and checked, or its path made absolute. */
export type LoadedPeople = Omit<IdentityConfig, 'saml'> & { readonly saml?: LoadedSaml }

export type LoadedSaml = Omit<SamlConfig, 'signing' | 'metadata'> & {
  readonly metadata: { readonly url: string } | { readonly file: string }
  /** PEM; null where what is sent is not signed. */
  readonly signing: { readonly key: string; readonly cert: string } | null
}

export function loadPeople(identity: IdentityConfig, folder: string, reading: Reading): LoadedPeople {
  const { saml, ...others } = identity
  if (!identity.oidc && !saml) reading.at(['identity'], 'nobody could sign in: oidc or saml is missing')
  if (identity.oidc && saml)
    reading.at(['identity', 'saml'], 'people sign in in one way: it cannot be there beside oidc')
  const { clients, clientId } = identity.oidc ?? { clients: {}, clientId: '' }
  if (Object.hasOwn(clients, clientId))
    reading.at(['identity', 'oidc', 'clients', clientId], 'is the client of people, and no machine')
  const tokens = { ...identity.tokens, keyFolder: resolve(folder, identity.tokens.keyFolder) }
  return { ...others, tokens, ...(saml ? { saml: loadSaml(saml, folder, reading) } : {}) }
}

/** What has to be https, except on this machine. */
export function identityUrls({ oidc, saml }: IdentityConfig): [Path, string][] {
  return [
    ...(oidc ? [[['identity', 'oidc', 'issuer'], oidc.issuer] as [Path, string]] : []),
    ...(saml?.metadata.url !== undefined
      ? [[['identity', 'saml', 'metadata', 'url'], saml.metadata.url] as [Path, string]]
      : []),
  ]
}

function loadSaml({ signing, metadata, ...saml }: SamlConfig, folder: string, reading: Reading): LoadedSaml {
  const where = ['identity', 'saml']
  const { url, file } = metadata
  if ((url === undefined) === (file === undefined))
    reading.at([...where, 'metadata'], 'has to be a url or a file, one of them')
  if (file !== undefined) reading.read([...where, 'metadata', 'file'], file)
  return {
    ...saml,
    metadata: url === undefined ? { file: resolve(folder, file ?? '') } : { url },
    signing: signing ? loadSigning(signing, [...where, 'signing'], reading) : null,
  }
}

function loadSigning(
  signing: NonNullable<SamlConfig['signing']>,
  where: Path,
  { at, read, readKey }: Reading,
): LoadedSaml['signing'] {
  const cert = read([...where, 'cert'], signing.cert)
  const key = readKey([...where, 'key'], signing.key)
  if (cert === null || key === null) return null
  if (key.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048)
    at([...where, 'key'], 'is no RSA key of 2048 bits or more')
  try {
    const certificate = new X509Certificate(cert)
    if (!certificate.checkPrivateKey(key)) at([...where, 'key'], 'is not the key of the certificate')
    if (certificate.validToDate < new Date()) at([...where, 'cert'], 'has expired')
  } catch {
    at([...where, 'cert'], `${signing.cert} holds no certificate in PEM form`)
  }
  return { cert, key: key.export({ type: 'pkcs8', format: 'pem' }) as string }
}
