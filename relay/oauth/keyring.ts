import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { type PublicJwk, publicJwk } from '../upstream/jwks.ts'

export interface SigningKey {
  readonly kid: string
  readonly key: KeyObject
}

const fileName = /^([0-9]{10})-([A-Za-z0-9_-]{16})\.pem$/

/**
 * Keys that the relay makes itself, Ed25519 (RFC 8037), a file each: `<when it was made>-<kid>.pem`. The newest signs; all
 * are believed.
 */
export class Keyring {
  readonly #keys: readonly SigningKey[]

  private constructor(keys: readonly SigningKey[]) {
    this.#keys = keys
  }

  /**
   * Opens a folder, and makes it, with a first key, where there is none.
   *
   * @throws CONFIG_INVALID when it cannot be read or written
   */
  static open(folder: string): Keyring {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const names = readdirSync(folder).filter((name) => fileName.test(name))
      if (names.length === 0) names.push(makeKey(folder))
      return new Keyring(names.sort().map((name) => readKey(folder, name)))
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException
      const reason = `identity.tokens.keyFolder ${folder} cannot be used (${code ?? message})`
      throw new JetwayError('CONFIG_INVALID', { reason }, { cause })
    }
  }

  /** The one that signs. */
  get current(): SigningKey {
    return this.#keys.at(-1) as SigningKey
  }

  /** All of them, the newest last. */
  get all(): readonly SigningKey[] {
    return this.#keys
  }

  /** All whose signatures are believed. */
  get published(): readonly PublicJwk[] {
    return this.#keys.map(({ key, kid }) => publicJwk(key, kid))
  }
}

function makeKey(folder: string): string {
  const { privateKey } = generateKeyPairSync('ed25519')
  const name = `${Math.floor(Date.now() / 1000)}-${randomBytes(12).toString('base64url')}.pem`
  const file = openSync(join(folder, name), 'wx', 0o600)
  try {
    writeSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  return name
}

function readKey(folder: string, name: string): SigningKey {
  const kid = fileName.exec(name)?.[2] as string
  return { kid, key: createPrivateKey(readFileSync(join(folder, name))) }
}
