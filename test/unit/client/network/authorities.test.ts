import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls, { createServer, type Server } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authorities, secureContextFor } from '#client/network/authorities.ts'
import { makeCertificate } from '../../../../demo/certificate.ts'

let folder: string
const servers: Server[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jetway-authorities-'))
})
afterAll(async () => {
  for (const server of servers) server.close()
  await rm(folder, { recursive: true, force: true })
})

/** A server with an authority of its own. */
const startServer = async (name: string) => {
  const files = await makeCertificate(folder)
  const ca = join(folder, `${name}.crt`)
  await writeFile(ca, await readFile(files.ca))
  const server = createServer({ cert: await readFile(files.cert), key: await readFile(files.key) })
  server.listen(0, '127.0.0.1').on('tlsClientError', () => {})
  servers.push(server)
  await once(server, 'listening')
  return { ca, port: (server.address() as AddressInfo).port }
}

test('an authority that is named is trusted besides those of the machine', async () => {
  const [machine, named, unknown] = [
    await startServer('one'),
    await startServer('two'),
    await startServer('three'),
  ]
  const program = `
    import { readFileSync } from 'node:fs'
    import { dialTls } from '#client/network/dial.ts'
    import { networkReason } from '#client/network/network-error.ts'
    const ca = readFileSync(${JSON.stringify(named.ca)}, 'utf8')
    for (const port of ${JSON.stringify([machine.port, named.port, unknown.port])}) {
      await dialTls({ host: 'localhost', port, ca, timeoutMs: 10_000 }).then(
        (socket) => (console.log('trusted'), socket.destroy()),
        (error) => console.log(networkReason(error).reason),
      )
    }`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: join(import.meta.dirname, '../../../..'),
    env: { ...process.env, NODE_EXTRA_CA_CERTS: machine.ca },
  })
  expect(stdout.trim().split('\n')).toEqual(['trusted', 'trusted', 'an authority that is not known here'])
})

test('the public ones are among them, and the system’s', () => {
  const all = authorities()
  expect(all).toEqual(expect.arrayContaining([...tls.rootCertificates]))
  expect(all).toEqual(expect.arrayContaining(tls.getCACertificates('system')))
  expect(new Set(all).size).toBe(all.length)
})

test('a Node that cannot read the system’s store reads the file that is named', async () => {
  const { ca } = await startServer('system')
  const [pem, missing] = [await readFile(ca, 'utf8'), join(folder, 'missing.crt')]
  const without = authorities({ SSL_CERT_FILE: missing }, null)
  expect(without).toEqual(tls.rootCertificates)
  expect(authorities({ SSL_CERT_FILE: ca }, null)).toEqual([...without, pem])
  expect(authorities({ SSL_CERT_FILE: missing, NODE_EXTRA_CA_CERTS: ca }, null)).toEqual([...without, pem])
  expect(authorities({}, null).length).toBeGreaterThanOrEqual(without.length)
})

test('the same authorities are read once', () => {
  expect(secureContextFor(null)).toBe(secureContextFor(null))
})
