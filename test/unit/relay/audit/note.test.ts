import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { openCheckpoint, signCheckpoint } from '../../../../relay/audit/checkpoint.ts'
import { formatVkey, openNote, parseVkey, signNote, verifierOf } from '../../../../relay/audit/note.ts'
import { key, origin, vkey } from '../../../support/audit-log.ts'

/** The example of golang.org/x/mod/sumdb/note. */
const peter = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
const peterNote = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`
const invalid = (message: string | RegExp) =>
  expect.objectContaining({ code: 'EVIDENCE_INVALID', message: expect.stringMatching(message) })
const other = generateKeyPairSync('ed25519').privateKey

test('a note that was signed by another implementation', () => {
  expect(openNote(peterNote, parseVkey(peter))).toBe(peterNote.slice(0, peterNote.indexOf('\n\n') + 1))
  expect(formatVkey(parseVkey(peter))).toBe(peter)
})

test('a note survives being signed; signatures of others are passed over', () => {
  const verifier = parseVkey(vkey)
  expect(formatVkey(verifierOf(origin, key))).toBe(vkey)
  const note = signNote('a\n\nb\n', origin, key)
  expect(openNote(note, verifier)).toBe('a\n\nb\n')
  const [, line = ''] = signNote('a\n\nb\n', 'witness', other).split('\n\n').slice(-2)
  expect(openNote(note + line, verifier)).toBe('a\n\nb\n')
})

test.each<[string, (note: string) => string, string]>([
  ['with another text', (note) => note.replace('answer', 'question'), 'forged'],
  ['with another signature', (note) => note.replace('x08go/Z', 'x08go/a'), 'forged'],
  ['of another key id', (note) => note.replace('x08go', 'x08gp'), 'not signed by PeterNeumann'],
  ['of another name', (note) => note.replace('— PeterN', '— P'), 'not signed by PeterNeumann'],
  ['without a signature', (note) => note.slice(0, note.indexOf('—')), 'not signed'],
  ['without its end', (note) => note.slice(0, -1), 'not signed'],
  ['with a tab', (note) => note.replace(' ', '\t'), 'characters'],
  ['with a line that is no signature', (note) => `${note}hello\n`, 'no signature'],
  ['with base64 that is not canonical', (note) => note.replace('nAM=', 'nAN='), 'no signature'],
  ['with 17 signatures', (note) => note + `${note.split('\n').at(-2)}\n`.repeat(16), 'too many'],
  ['of over 64 KiB', (note) => 'x'.repeat(65_536) + note, 'too long'],
])('a note %s is refused', (_what, change, message) => {
  expect(() => openNote(change(peterNote), parseVkey(peter))).toThrow(invalid(message))
})

test.each([
  ['of another id', peter.replace('c74f20a3', 'c74f20a4')],
  ['of another type', peter.replace('+ARpc', '+AhpC')],
  ['that is too short', peter.slice(0, -4)],
  ['that is none', 'PeterNeumann'],
])('a verifier key %s is refused', (_what, text) => {
  expect(() => parseVkey(text)).toThrow(invalid('verifier key'))
})

test('a checkpoint', () => {
  const root = Buffer.alloc(32, 7)
  const note = signCheckpoint({ origin, size: 42, root }, key)
  expect(note.split('\n').slice(0, 4)).toEqual([origin, '42', root.toString('base64'), ''])
  expect(openCheckpoint(note, parseVkey(vkey))).toEqual({ origin, size: 42, root })
})

test.each([
  ['another origin', 'else/audit\n1\n'],
  ['a size with a zero before it', `${origin}\n01\n`],
  ['a negative size', `${origin}\n-1\n`],
  ['no size', `${origin}\n`],
])('a checkpoint with %s is refused', (_what, head) => {
  const note = signNote(`${head}${Buffer.alloc(32).toString('base64')}\n`, origin, key)
  expect(() => openCheckpoint(note, parseVkey(vkey))).toThrow(invalid('checkpoint'))
})
