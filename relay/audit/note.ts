import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto'
import { JetwayError } from '#shared/errors/jetway-error.ts'

/**
 * Signed notes: text with signatures below, by keys that have names.
 *
 * @see https://c2sp.org/signed-note
 */

/** Who is trusted to sign. */
export interface Verifier {
  readonly name: string
  /** Four bytes: not a strong hash, only to tell keys apart. */
  readonly id: Buffer
  readonly key: KeyObject
}

/** Of signature types, the one for Ed25519. */
const ed25519 = 0x01
const publicKeyBytes = 32
const mostNoteBytes = 65_536
const mostSignatures = 16
const signatureForm = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u

/** @param key either half of an Ed25519 pair */
export function verifierOf(name: string, key: KeyObject): Verifier {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  return { name, id: keyId(name, rawKey(publicKey)), key: publicKey }
}

/** `<name>+<id>+<key>`, as verifier keys are written down. */
export function formatVkey({ name, id, key }: Verifier): string {
  return `${name}+${id.toString('hex')}+${Buffer.concat([Buffer.of(ed25519), rawKey(key)]).toString('base64')}`
}

/** @throws EVIDENCE_INVALID */
export function parseVkey(text: string): Verifier {
  const [, name, id, base64] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u.exec(text.trim()) ?? []
  const bytes = base64 === undefined ? null : decodeBase64(base64)
  if (name === undefined || bytes?.length !== 1 + publicKeyBytes || bytes[0] !== ed25519)
    throw invalid('This is no verifier key of an Ed25519 key.')
  const x = bytes.subarray(1).toString('base64url')
  const verifier = verifierOf(
    name,
    createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }),
  )
  if (verifier.id.toString('hex') !== id)
    throw invalid('The verifier key does not have the id that it names.')
  return verifier
}

/** @param text ends with a line feed */
export function signNote(text: string, name: string, key: KeyObject): string {
  const { id } = verifierOf(name, key)
  const signature = Buffer.concat([id, sign(null, Buffer.from(text), key)])
  return `${text}\n— ${name} ${signature.toString('base64')}\n`
}

/**
 * @returns the text, when it has a good signature of the key
 * @throws EVIDENCE_INVALID
 */
export function openNote(note: string, verifier: Verifier): string {
  if (Buffer.byteLength(note) > mostNoteBytes) throw invalid('The note is too long.')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\u0000-\u0009\u000b-\u001f\ufffd]/.test(note))
    throw invalid('The note has characters that no note has.')
  const end = note.lastIndexOf('\n\n')
  const lines = note.slice(end + 2).split('\n')
  if (end < 0 || lines.pop() !== '' || lines.length === 0) throw invalid('The note is not signed.')
  if (lines.length > mostSignatures) throw invalid('The note has too many signatures.')
  const text = note.slice(0, end + 1)
  let isSigned = false
  for (const line of lines) {
    const [, name, base64] = signatureForm.exec(line) ?? []
    const bytes = base64 === undefined ? null : decodeBase64(base64)
    if (!bytes || bytes.length <= 4) throw invalid('The note has a line that is no signature.')
    // Others may have signed as well: witnesses, or a key to come.
    if (name !== verifier.name || !bytes.subarray(0, 4).equals(verifier.id)) continue
    if (!verify(null, Buffer.from(text), verifier.key, bytes.subarray(4)))
      throw invalid(`The signature of ${verifier.name} is forged.`)
    isSigned = true
  }
  if (!isSigned) throw invalid(`The note is not signed by ${verifier.name} with this key.`)
  return text
}

/** @returns null for what an encoder would have written in another way */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : null
}

function rawKey(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x as string, 'base64url')
}

function keyId(name: string, raw: Buffer): Buffer {
  return hash(
    'sha256',
    Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ed25519), raw]),
    'buffer',
  ).subarray(0, 4)
}

function invalid(reason: string): JetwayError {
  return new JetwayError('EVIDENCE_INVALID', { reason })
}
