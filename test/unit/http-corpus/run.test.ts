import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort } from '../../../demo/free-port.ts'
import { startOwnRelay } from '../../support/own-relay.ts'
import { startTokenProvider } from '../../support/token-provider.ts'

const tls = join(import.meta.dirname, '../../fixtures/tls')
const script = join(import.meta.dirname, '../../http-corpus/run.ts')

function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    )
  })
}

test('--help says how, and wrong usage is told apart', async () => {
  expect(await run('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('<host:port>') })
  expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining('usage') })
  expect(await run('nowhere')).toMatchObject({ code: 2 })
  expect(await run('localhost:1', '--unknown')).toMatchObject({ code: 2 })
  expect(await run('localhost:1', '--only', 'no such case')).toMatchObject({ code: 2 })
})

test('a server that answers whatever comes differs', async () => {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {})
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const { code, stdout } = await run(`127.0.0.1:${port}`, '--only', 'several lengths', '--timeout', '200')
  expect(code).toBe(1)
  expect(stdout).toContain('answered 200 instead of 400')
  expect(stdout).toMatch(/total\D+0\D+9\D+0\D/)
  server.close()
})

test('a relay whose upstream it is passes, over TLS', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'corpus-'))
  const [provider, port, upstreamPort] = [await startTokenProvider(), await freePort(), await freePort()]
  const keyFile = join(folder, 'relay.key')
  await copyFile(join(tls, 'localhost.key'), keyFile)
  await chmod(keyFile, 0o600)
  const config = {
    publicUrl: `https://localhost:${port}`,
    listen: {
      host: '127.0.0.1',
      port,
      tls: { cert: join(tls, 'localhost.crt'), key: keyFile },
    },
    services: {
      airflow: {
        type: 'airflow',
        url: `http://127.0.0.1:${upstreamPort}`,
        identity: { keyFile: 'relay.pem' },
      },
    },
    direct: 'airflow',
    policy: { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'user' }] },
  }
  const relay = await startOwnRelay(provider.issuer, config)
  const tokenFile = join(folder, 'token')
  await writeFile(tokenFile, await provider.token())
  const secure = ['--tls', '--ca', join(tls, 'localhost.crt'), '--token-file', tokenFile]
  const seen = await run(`localhost:${port}`, ...secure, '--upstream', String(upstreamPort), '--only', 'rs: ')
  expect(seen).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('total') })
  await relay.close()
  await provider.close()
  await rm(folder, { recursive: true })
})
