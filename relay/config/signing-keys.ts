import { createPublicKey, type KeyObject } from 'node:crypto'
import type { z } from 'zod'
import type { signingIdentity } from '#shared/config/signing-identity.ts'
import { type PublicJwk, publicJwk } from '../upstream/jwks.ts'
import type { LoadedConfig } from './load.ts'

type Path = ReadonlyArray<string | number>
export type SigningIdentity = z.infer<typeof signingIdentity>

/** A service's identity with its keys read. */
export type LoadedIdentity<Identity> = Omit<Identity, 'keyFile' | 'keyFolder' | 'otherKeys'> & {
  /** The one that signs; null where those of `keyFolder` do. */
  readonly key: KeyObject | null
  readonly keyFolder: string | null
  /** All that are published, but for those of `keyFolder`. */
  readonly published: readonly PublicJwk[]
}

/** Of the files that a configuration names. */
export interface Reader {
  at(where: Path, what: string): void
  /** Text of a file; null, and said, when it cannot be read. */
  read(where: Path, file: string): string | null
  /** A private key that is its owner's alone; null, and said, when it is not. */
  readKey(where: Path, file: string): KeyObject | null
  /** Where a name in the configuration leads. */
  resolve(file: string): string
}

/** @returns null, and says why, when a key cannot be used */
export function loadIdentity<Identity extends SigningIdentity>(
  { keyFile, keyFolder, otherKeys, ...identity }: Identity,
  where: Path,
  reader: Reader,
): LoadedIdentity<Identity> | null {
  if ((keyFile === undefined) === (keyFolder === undefined)) {
    reader.at(where, 'takes either a keyFile or a keyFolder')
    return null
  }
  const others = otherKeys.map((other, i) => {
    const path = [...where, 'otherKeys', i, 'keyFile']
    const file = ed25519(path, other.keyFile, readEither(path, other.keyFile, reader), reader)
    return file && publicJwk(file, other.keyId)
  })
  const path = [...where, 'keyFile']
  const key = keyFile === undefined ? null : ed25519(path, keyFile, reader.readKey(path, keyFile), reader)
  if ((keyFile !== undefined && !key) || others.includes(null)) return null
  return {
    ...identity,
    key,
    keyFolder: keyFolder === undefined ? null : reader.resolve(keyFolder),
    published: [...(key ? [publicJwk(key, identity.keyId)] : []), ...(others as PublicJwk[])],
  }
}

/** Two keys of one name: whoever reads the JWKS would take one for the other. */
export function keyMistakes(services: LoadedConfig['services']): { path: Path; what: string }[] {
  const known = new Map<string, { x: string; service: string }>()
  return Object.entries(services).flatMap(([service, s]) =>
    (s.type === 'tcp' ? [] : s.identity.published).flatMap(({ kid, x }) => {
      const other = known.get(kid)
      known.set(kid, { x, service })
      if (!other || other.x === x) return []
      const what = `names a key ${kid}, and so does ${other.service} another one`
      return [{ path: ['services', service, 'identity'], what }]
    }),
  )
}

function readEither(where: Path, file: string, reader: Reader): KeyObject | null {
  const pem = reader.read(where, file)
  if (pem === null) return null
  if (pem.includes('PRIVATE KEY')) return reader.readKey(where, file)
  try {
    return createPublicKey(pem)
  } catch {
    reader.at(where, `${file} holds no key in PEM form`)
    return null
  }
}

function ed25519(where: Path, file: string, key: KeyObject | null, reader: Reader): KeyObject | null {
  if (!key || key.asymmetricKeyType === 'ed25519') return key
  reader.at(where, `${file} is no Ed25519 key`)
  return null
}
