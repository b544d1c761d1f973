import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

const fileName = /^([0-9]{10})\.pem$/

/**
 * A folder of Ed25519 keys (RFC 8037), each in a file that is named after when it begins to sign, in seconds since the
 * epoch. The names alone say which key does what, so there is no other file that could disagree with them; and a file is
 * there whole or not at all, so that a crash leaves nothing to be mended. Two who make a key of the same time get the
 * same one.
 */
export class KeyFiles {
  readonly folder: string

  /** Makes the folder where there is none. @throws Error when it cannot be used, or is not its owner's alone */
  constructor(folder: string) {
    this.folder = folder
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    requireOwn(folder)
  }

  /** When each of its keys begins to sign, earliest first. @throws Error */
  list(): number[] {
    return readdirSync(this.folder)
      .flatMap((name) => Number(fileName.exec(name)?.[1] ?? []))
      .filter((time) => time > 0)
      .sort((a, b) => a - b)
  }

  /** @throws Error when it is gone, no key, or not its owner's alone */
  read(signsFrom: number): KeyObject {
    const path = this.#path(signsFrom)
    requireOwn(path)
    const key = createPrivateKey(readFileSync(path))
    if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${path} is no Ed25519 key`)
    return key
  }

  /** @returns false when there is one of that time */
  make(signsFrom: number): boolean {
    const { privateKey } = generateKeyPairSync('ed25519')
    const draft = join(this.folder, `${randomBytes(12).toString('hex')}.tmp`)
    const file = openSync(draft, 'wx', 0o600)
    try {
      writeSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    try {
      linkSync(draft, this.#path(signsFrom))
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      return false
    } finally {
      rmSync(draft, { force: true })
      this.#sync()
    }
  }

  /** Whoever else has deleted it already is no fault. */
  delete(signsFrom: number): void {
    rmSync(this.#path(signsFrom), { force: true })
    this.#sync()
  }

  #path(signsFrom: number): string {
    return join(this.folder, `${String(signsFrom).padStart(10, '0')}.pem`)
  }

  /** Names are on the disk from here on. */
  #sync(): void {
    if (process.platform === 'win32') return
    const folder = openSync(this.folder, 'r')
    try {
      fsyncSync(folder)
    } finally {
      closeSync(folder)
    }
  }
}

function requireOwn(path: string): void {
  if (process.platform !== 'win32' && statSync(path).mode & 0o077)
    throw new Error(`${path} can be read by others; chmod go= it`)
}
