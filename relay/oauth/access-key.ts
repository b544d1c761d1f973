import { createHash, randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const form = /^jtwy_(([0-9A-Za-z]{12})[0-9A-Za-z]{32})([0-9A-Za-z]{6})$/

/**
 * A key: `jtwy_`, its id (12 digits to the base 62), a secret (32, which are 190 bits), and a checksum (6, of CRC-32), so
 * that those who look for keys where none should be know one from what only looks like one.
 */
export function makeAccessKey(): { id: string; key: string } {
  const body = Array.from({ length: 44 }, () => digits[randomInt(digits.length)]).join('')
  return { id: body.slice(0, 12), key: `jtwy_${body}${checksum(body)}` }
}

/** The id of a key; null for what is none. Says nothing of whether there is such a key. */
export function idOfAccessKey(key: string): string | null {
  const [, body = '', id = '', sum] = form.exec(key) ?? []
  return sum !== undefined && sum === checksum(body) ? id : null
}

/** What a key is kept as. It is random and long: what makes guessing slow is for what people think of. */
export function hashOfAccessKey(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

function checksum(body: string): string {
  let rest = crc32(body)
  let text = ''
  for (let i = 0; i < 6; i += 1) {
    text = digits[rest % digits.length] + text
    rest = Math.floor(rest / digits.length)
  }
  return text
}
