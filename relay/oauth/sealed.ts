import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { parseJson } from '#shared/parse-json.ts'
import type { Keyring, SigningKey } from './keyring.ts'

const algorithm = 'aes-256-gcm'
const [ivBytes, tagBytes] = [12, 16]

/**
 * Something that a browser keeps for the relay and can neither read nor change (AES-256-GCM). Any replica that has the
 * same keys opens it.
 *
 * @param purpose what is sealed for one thing does not open for another
 */
export function seal(keyring: Keyring, purpose: string, value: object): string {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv(algorithm, keyOf(keyring.current, purpose), iv)
  const sealed = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()])
  return Buffer.concat([iv, sealed, cipher.getAuthTag()]).toString('base64url')
}

/** @returns null where it was not sealed for this by any of the keys */
export function unseal(keyring: Keyring, purpose: string, text: string): unknown {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length <= ivBytes + tagBytes) return null
  for (const key of keyring.all) {
    const decipher = createDecipheriv(algorithm, keyOf(key, purpose), bytes.subarray(0, ivBytes))
    decipher.setAuthTag(bytes.subarray(-tagBytes))
    try {
      const opened = decipher.update(bytes.subarray(ivBytes, -tagBytes))
      return parseJson(Buffer.concat([opened, decipher.final()]).toString('utf8'))
    } catch {
      // Sealed with another key, or altered.
    }
  }
  return null
}

function keyOf({ key }: SigningKey, purpose: string): Uint8Array {
  const secret = key.export({ type: 'pkcs8', format: 'der' })
  return new Uint8Array(hkdfSync('sha256', secret, '', `jetway sealed: ${purpose}`, 32))
}
