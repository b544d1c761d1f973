import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { chainLine, readLink } from '../../../relay/audit/chain.ts'
import { openCheckpoint, signCheckpoint } from '../../../relay/audit/checkpoint.ts'
import { formatKept, parseKept } from '../../../relay/audit/checkpoint-file.ts'
import { parseLogRecord } from '../../../relay/audit/log-record.ts'
import { Frontier, leafHash } from '../../../relay/audit/merkle-tree.ts'
import { formatVkey, openNote, parseVkey, verifierOf } from '../../../relay/audit/note.ts'
import { checkProof, formatProof, parseProof } from '../../../relay/audit/tlog-proof.ts'
import { ascii, orRefused, type Target } from '../target.ts'

const origin = 'fuzz/audit'
/** The same at every run: what is kept of inputs is signed with it. */
const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 7)])
const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
const verifier = verifierOf(origin, key)

const lines = ['log.open', 'log.close'].map((verb, seq) => {
  const record = {
    version: 1 as const,
    kind: 'log',
    time: '2026-01-01T00:00:00.000Z',
    id: 'x',
    verb,
    checkpoint: null,
    detail: {},
  }
  return chainLine(record, { seq, prev: seq === 0 ? null : '0'.repeat(64) })
})
const tree = new Frontier()
for (const { leaf } of lines) tree.push(leaf)
const one = new Frontier()
one.push(lines[0]?.leaf as Buffer)
const [old, note] = [one, tree].map(({ size, root }) => signCheckpoint({ origin, size, root }, key)) as [
  string,
  string,
]
const first = Buffer.from(lines[0]?.bytes ?? []).subarray(0, -1)
const hashes = [lines[1]?.leaf as Buffer]
const signed: ReadonlySet<string> = new Set([old, note].map((whole) => openNote(whole, verifier)))

/** What a verifier is given: keys, notes, checkpoints, proofs, lines. Nothing passes that the key did not sign. */
export const evidence: Target = {
  name: 'evidence',
  seeds: [
    formatVkey(verifier),
    note,
    formatKept({
      time: '2026-01-01T00:00:00.000Z',
      note,
      frontier: tree,
      last: null,
      segment: 0,
      offset: 9,
    }).trim(),
    formatProof({ kind: 'inclusion', index: 0, record: first, hashes, checkpoint: note }),
    formatProof({ kind: 'consistency', oldSize: 1, hashes, checkpoint: note }),
    first.toString(),
  ].map((text) => new Uint8Array(Buffer.from(text))),
  words: [
    '\n',
    '\n\n',
    '\xe2\x80\x94 ',
    '\xff',
    '\0',
    '+',
    '=',
    ' ',
    '00',
    '"',
    ':null',
    ':-1',
    ':1e999',
    '[]',
    '{}',
    'old 0',
    'old 2',
    'index 1',
    'extra ',
    '999999999999999',
  ].map(ascii),
  cuts: (input) => [...input.keys()].filter((at) => [0x0a, 0x20, 0x22, 0x2b].includes(input[at] as number)),
  run(input) {
    const text = Buffer.from(input).toString()
    const refused = <T>(work: () => T) => orRefused(['EVIDENCE_INVALID'], work)
    const vkey = refused(() => parseVkey(text))
    if (vkey) assert.equal(formatVkey(vkey), text.trim())
    const opened = refused(() => openNote(text, verifier))
    if (opened !== null) assert.ok(signed.has(opened))
    refused(() => openCheckpoint(text, verifier))
    const kept = refused(() => parseKept(text, verifier))
    if (kept) assert.deepEqual(parseKept(formatKept(kept), verifier), kept)
    const proof = refused(() => parseProof(text))
    if (proof) {
      assert.equal(formatProof(proof), text)
      const size = refused(() => checkProof(proof, verifier, old))
      // What is proven was there.
      if (size !== null && proof.kind === 'inclusion')
        assert.ok(lines.some(({ leaf }) => leaf.equals(leafHash(proof.record))))
    }
    const link = readLink(Buffer.from(input))
    if (link)
      assert.ok(text.startsWith(`{"seq":${link.seq},"prev":${JSON.stringify(link.prev)},"version":1,`))
    parseLogRecord(input)
  },
}
