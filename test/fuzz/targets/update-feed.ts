import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { parse, stringify } from 'yaml'
import { isSignedBy, type SignedUpdate, signedBytes } from '../../../main/update/feed-signature.ts'
import { isNewer } from '../../../main/update/version.ts'
import { ascii, type Target } from '../target.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const key = publicKey.export({ type: 'spki', format: 'pem' }) as string
const update = {
  version: '1.2.3',
  files: [
    { url: 'jetway-1.2.3-linux-amd64.deb', sha512: 'c2hhNTEy', size: 135_127_838 },
    { url: 'jetway-1.2.3-linux-x86_64.AppImage', sha512: 'b3RoZXI=', size: 120_000_000 },
  ],
}
const signature = sign(null, signedBytes(update), privateKey).toString('base64')
const signed = signedBytes(update).toString()

/** A feed of updates: whatever is done to it, only what was signed is believed, and nothing of it breaks the reader. */
export const updateFeed: Target = {
  name: 'update-feed',
  seeds: [
    stringify({
      ...update,
      releaseDate: '2026-01-01T00:00:00.000Z',
      stagingPercentage: 10,
      signature: '{signature}',
    }),
    stringify({ version: '1.2.3', files: [], path: 'x', sha512: 'x' }),
    JSON.stringify({ ...update, signature: '{signature}' }),
  ].map(ascii),
  words: [
    '{signature}',
    'version: 1.2.4',
    'files:',
    '  - url: ../../x.deb',
    'sha512:',
    'size: 1e3',
    'null',
    '[]',
    '{}',
    '\n',
    '"',
    '1.2.3',
  ].map(ascii),
  cuts: (input) => [...input.keys()].filter((at) => input[at] === 0x0a).map((at) => at + 1),
  run(input) {
    // The key differs from run to run, and inputs are kept.
    const text = Buffer.from(input).toString('latin1').replaceAll('{signature}', signature)
    const feed = readYaml(text)
    if (feed === null || typeof feed !== 'object') return
    const isSigned = isSignedBy(key, feed as SignedUpdate)
    if (isSigned) assert.equal(signedBytes(feed as SignedUpdate).toString(), signed)
    const { version } = feed as SignedUpdate
    if (isNewer(version, '1.2.3')) assert.equal(isSigned, false)
  },
}

function readYaml(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 100, logLevel: 'silent' })
  } catch {
    return null
  }
}
