/** `BENCH_TOKEN=… node sessions.ts <relay> <ca> <count>`: opens sessions, says "open", and keeps them until it is ended. */
import { readFileSync } from 'node:fs'
import { discover } from '#client/discovery.ts'
import { openTunnel } from '#client/tunnel.ts'
import { version } from '#shared/version.ts'

const [relayUrl, caFile, count] = process.argv.slice(2) as [string, string, string]
const ca = readFileSync(caFile, 'utf8')
const { carrierUrl } = await discover(relayUrl, ca)
const accessToken = process.env.BENCH_TOKEN ?? ''
const services = [{ name: 'airflow', origins: ['http://localhost:8080'] }]

for (let i = 0; i < Number(count); i += 1) {
  const tunnel = await openTunnel({ carrierUrl, ca, accessToken, services, version })
  tunnel.closed.then((error) => {
    process.stderr.write(`a session has ended: ${error.code}\n`)
    process.exit(1)
  })
}
process.stdout.write('open\n')
