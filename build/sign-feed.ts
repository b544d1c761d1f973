/**
 * `npm run sign-feed -- <latest*.yml> [percent]`: signs a feed that electron-builder has made, beside its packages, by the
 * private key that the file JETWAY_UPDATE_SIGNING_KEY holds (PEM, Ed25519), for all machines or for some percent of them.
 * Run it again with more percent to go on; the files are read and compared each time.
 */
import { createHash, createPrivateKey, sign } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parse, stringify } from 'yaml'
import { type SignedUpdate, signedBytes } from '../main/update/feed-signature.ts'
import { say } from './setup/steps.ts'

const [path, percentText] = process.argv.slice(2)
const { JETWAY_UPDATE_SIGNING_KEY } = process.env
const percent = percentText === undefined ? 100 : Number(percentText)
if (path === undefined || !JETWAY_UPDATE_SIGNING_KEY || !(percent >= 0 && percent <= 100)) {
  say('usage: JETWAY_UPDATE_SIGNING_KEY=<pem> npm run sign-feed -- <latest*.yml> [percent]')
  process.exit(2)
}
const feed: SignedUpdate = parse(await readFile(path, 'utf8'))
for (const { url, sha512 } of feed.files) {
  const seen = createHash('sha512')
    .update(await readFile(join(dirname(path), url)))
    .digest('base64')
  if (seen !== sha512) throw new Error(`${url} is not the file that ${path} names`)
}
const key = createPrivateKey(await readFile(JETWAY_UPDATE_SIGNING_KEY))
const signature = sign(null, signedBytes(feed), key).toString('base64')
await writeFile(path, stringify({ ...feed, stagingPercentage: percent, signature }))
say(`${feed.version}: signed, for ${percent} % of machines`)
