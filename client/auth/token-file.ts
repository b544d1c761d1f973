import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { writeFileAtomic } from '../write-file-atomic.ts'
import type { TokenStore } from './token-store.ts'

const sealed = z.strictObject({
  version: z.literal(1),
  salt: z.base64(),
  nonce: z.base64(),
  tag: z.base64(),
  data: z.base64(),
})
const secrets = z.record(z.string(), z.string())

/** RFC 7914 and what OWASP recommends for it: 128 MiB of memory for each guess. */
const cost = { N: 131_072, r: 8, p: 1, maxmem: 268_435_456 }
const deriveKey = promisify(
  (passphrase: string, salt: Buffer, done: (error: Error | null, key: Buffer) => void) =>
    scrypt(passphrase.normalize('NFKC'), salt, 32, cost, done),
)

/**
 * A file encrypted with a passphrase (scrypt, AES-256-GCM), for machines without a keychain whose person asked
 * for it.
 *
 * @throws TOKEN_FILE_LOCKED when the passphrase is wrong or the file was changed
 */
export async function openTokenFile(path: string, passphrase: string): Promise<TokenStore> {
  const { salt, values } = await read(path, passphrase)
  const key = await deriveKey(passphrase, salt)
  const write = () => writeFileAtomic(path, `${JSON.stringify(seal(key, salt, values))}\n`)
  return {
    kind: 'file',
    problem: null,
    get: async (account) => values.get(account) ?? null,
    async set(account, secret) {
      values.set(account, secret)
      await write()
    },
    async delete(account) {
      if (values.delete(account)) await write()
    },
    check: async () => {},
    recover: async () => false,
  }
}

async function read(
  path: string,
  passphrase: string,
): Promise<{ salt: Buffer; values: Map<string, string> }> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      return { salt: randomBytes(16), values: new Map() }
    throw new JetwayError('TOKEN_FILE_LOCKED', {}, { cause })
  }
  try {
    const file = sealed.parse(JSON.parse(text))
    const salt = Buffer.from(file.salt, 'base64')
    const decipher = createDecipheriv(
      'aes-256-gcm',
      await deriveKey(passphrase, salt),
      Buffer.from(file.nonce, 'base64'),
      { authTagLength: 16 },
    )
    decipher.setAuthTag(Buffer.from(file.tag, 'base64'))
    const plain = Buffer.concat([decipher.update(Buffer.from(file.data, 'base64')), decipher.final()])
    return { salt, values: new Map(Object.entries(secrets.parse(JSON.parse(plain.toString('utf8'))))) }
  } catch (cause) {
    throw new JetwayError('TOKEN_FILE_LOCKED', {}, { cause })
  }
}

function seal(key: Buffer, salt: Buffer, values: ReadonlyMap<string, string>): z.infer<typeof sealed> {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 })
  const data = Buffer.concat([
    cipher.update(JSON.stringify(Object.fromEntries(values)), 'utf8'),
    cipher.final(),
  ])
  const base64 = (bytes: Buffer) => bytes.toString('base64')
  return {
    version: 1,
    salt: base64(salt),
    nonce: base64(nonce),
    tag: base64(cipher.getAuthTag()),
    data: base64(data),
  }
}
