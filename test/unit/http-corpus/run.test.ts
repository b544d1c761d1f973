import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort } from '../../../demo/free-port.ts'
import { startOwnRelay } from '../../support/own-relay.ts'
import { startTokenProvider } from '../../support/token-provider.ts'

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

test('a relay whose upstream it is passes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'corpus-'))
  const [provider, upstreamPort] = [await startTokenProvider(), await freePort()]
  const relay = await startOwnRelay(provider.issuer, {
    services: {
      airflow: {
        type: 'airflow',
        url: `http://127.0.0.1:${upstreamPort}`,
        identity: { keyFile: 'relay.pem' },
      },
    },
    direct: 'airflow',
    policy: { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'user' }] },
  })
  const tokenFile = join(folder, 'token')
  await writeFile(tokenFile, await provider.token())
  const args = [`127.0.0.1:${relay.port}`, '--token-file', tokenFile, '--only', 'headers: ']
  const seen = await run(...args, '--upstream', String(upstreamPort))
  expect(seen).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('total') })
  await relay.close()
  await provider.close()
  await rm(folder, { recursive: true })
})
