/**
 * `BENCH_TOKENS="…" node sessions.ts <relay> <ca> <count>`: opens sessions of the people whose tokens these are, in turn,
 * says "open", and keeps them until it is ended.
 */
import { readFileSync } from 'node:fs'
import { discover } from '#client/discovery.ts'
import { openTunnelTo } from '../support/open-tunnel.ts'

const [relayUrl, caFile, count] = process.argv.slice(2) as [string, string, string]
const ca = readFileSync(caFile, 'utf8')
const { carrierUrl } = await discover(relayUrl, ca)
const tokens = (process.env.BENCH_TOKENS ?? '').split(' ')

for (let i = 0; i < Number(count); i += 1) {
  const token = async () => tokens[i % tokens.length] as string
  const tunnel = await openTunnelTo(carrierUrl, token, [{ name: 'airflow', localPort: 8080 }], ca)
  tunnel.closed.then((error) => {
    process.stderr.write(`a session has ended: ${error.code}\n`)
    process.exit(1)
  })
}
process.stdout.write('open\n')
