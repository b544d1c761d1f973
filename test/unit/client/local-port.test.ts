import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { LocalPort } from '#client/local-port.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import { curl } from '../../support/curl.ts'

const problem = problemOf(new JetwayError('NOT_CONNECTED', { environment: 'prod' }))
const open: LocalPort[] = []
const listen = async (port = 0, waiting = false, type: 'airflow' | 'tcp' = 'airflow') => {
  const localPort = await LocalPort.listen({ service: 'one', type, port, detached: { waiting, problem } })
  open.push(localPort)
  return localPort
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((port) => port.close()))
})

test('a browser gets a page that says how to connect, everything else problem+json', async () => {
  const { port } = await listen()
  const page = await curl(`http://localhost:${port}/dags`, '-H', 'Accept: text/html')
  expect([page.status, page.type]).toEqual([503, 'text/html; charset=utf-8'])
  expect(page.body).toMatch(/Not connected[\s\S]*prod[\s\S]*Press Connect/)
  expect(page.body).not.toContain('<script')
  const script = await curl(
    `http://127.0.0.1:${port}/api`,
    '-H',
    'Accept: text/html',
    '-H',
    'Sec-Fetch-Mode: cors',
  )
  expect(script.type).toBe('application/problem+json')
  const posted = await curl(`http://localhost:${port}/`, '-H', 'Accept: text/html', '-d', 'x')
  expect([posted.status, JSON.parse(posted.body).code]).toEqual([503, 'NOT_CONNECTED'])
})

test('a taken port names who has it and the next one', async () => {
  const { port } = await listen()
  const error = await listen(port).catch((e) => e)
  expect(error).toMatchObject({ code: 'PORT_TAKEN', params: { port, suggestion: expect.any(Number) } })
  expect(error.params.owner).toContain(`(process ${process.pid})`)
  expect(error.params.suggestion).toBeGreaterThan(port)
})

test('a port that is taken on ::1 alone is taken', async () => {
  const other = createServer().listen(0, '::1')
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  await expect(listen(port)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
  other.close()
})

test('connections wait while it is being connected, and are told when it failed', async () => {
  const localPort = await listen(0, true)
  const waiting = curl(`http://127.0.0.1:${localPort.port}/`)
  let answered = false
  void waiting.then(() => {
    answered = true
  })
  await curl(`http://127.0.0.1:${(await listen()).port}/`)
  expect(answered).toBe(false)
  localPort.detach({ waiting: false, problem })
  expect((await waiting).status).toBe(503)
})

test('a connection to a tcp service is cut without a word, at once or when waiting was in vain', async () => {
  const dial = (port: number) => connect({ host: '127.0.0.1', port }).resume()
  const failure = (socket: Socket) => new Promise((resolve) => socket.once('error', resolve))
  const unwaited = dial((await listen(0, false, 'tcp')).port)
  let bytes = 0
  unwaited.on('data', (chunk) => {
    bytes += chunk.length
  })
  unwaited.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  expect(await failure(unwaited)).toMatchObject({ code: 'ECONNRESET' })
  expect(bytes).toBe(0)

  const localPort = await listen(0, true, 'tcp')
  const waiting = dial(localPort.port)
  const failed = failure(waiting)
  await once(waiting, 'connect')
  await failure(dial((await listen(0, false, 'tcp')).port))
  expect(waiting.destroyed).toBe(false)
  localPort.detach({ waiting: false, problem })
  expect(await failed).toMatchObject({ code: 'ECONNRESET' })
})
