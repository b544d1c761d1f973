import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { LocalPort } from '#client/local-port.ts'
import type { Tunnel } from '#client/tunnel.ts'
import { detached } from '../../support/detached.ts'
import { openTunnelTo } from '../../support/open-tunnel.ts'
import { type OwnRelay, startOwnRelay } from '../../support/own-relay.ts'
import { type RawUpstream, startRawUpstream } from '../../support/raw-upstream.ts'
import { startTokenProvider, type TokenProvider } from '../../support/token-provider.ts'
import { ascii, type Target } from '../target.ts'

const list = '/api/v2/dags/hello/favorite'
/** Comes behind each input, so that whatever waits for more gets it. */
const last = 'GET /api/v2/dags HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n'
/** How long a connection may be silent while something is still waited for. */
const silentMs = 40
/** A relay's audit log is read again for each input: it is not to grow. */
const runsPerRelay = 300

/**
 * Whole connections to a relay, through a tunnel: what the upstream sees is what was decided on and recorded, request by
 * request, and each is delimited once.
 */
export const httpConnection: Target = {
  name: 'http-connection',
  seeds: [
    'GET /api/v2/dags?limit=1 HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\n\r\n',
    `POST ${list} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
    `POST ${list} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n`,
    'POST /api/v2/dags/a/dagRuns HTTP/1.1\r\nHost: {host}\r\nContent-Length: 11\r\n\r\n{"conf":{}}',
    `POST ${list} HTTP/1.1\r\nHost: {host}\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}`,
    'GET /api/v2/dags/a%20b HTTP/1.1\r\nHost: {host}\r\n\r\nGET /x HTTP/1.1\r\nHost: {host}\r\n\r\n',
    'GET /api/v2/dags HTTP/1.0\r\nHost: {host}\r\nConnection: X, keep-alive\r\nX: y\r\n\r\n',
    'GET /api/v2/dags HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  ].map(ascii),
  words: [
    '\r\n',
    '\r\n\r\n',
    '\n',
    '\r',
    ' ',
    '\t',
    ':',
    '\0',
    '\x0b',
    '\x80',
    '0\r\n\r\n',
    'Content-Length: 0\r\n',
    'Content-Length: 3\r\n',
    'Content-Length: +2\r\n',
    'Content-Length : 2\r\n',
    'content-length: 2, 2\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Transfer-Encoding: identity\r\n',
    'transfer-encoding:\tchunked\r\n',
    'Transfer-Encoding: chunked, x\r\n',
    ' chunked',
    ' folded\r\n',
    'Host: {host}\r\n',
    'Host: evil.example\r\n',
    'Connection: close\r\n',
    'Connection: Host\r\n',
    'Connection: Content-Length\r\n',
    'Connection: Upgrade\r\nUpgrade: websocket\r\n',
    'Expect: 100-continue\r\n',
    'Trailer: X\r\n',
    '/..',
    '/%2e%2e',
    '%2f',
    '%25',
    '%00',
    '//',
    '\\',
    ';x',
    '?',
    '#',
    'http://{host}',
    ' HTTP/1.1',
    ' HTTP/1.0',
    'GET /api/v2/variables HTTP/1.1\r\nHost: {host}\r\n\r\n',
    'GET /api/v2/dags/smuggled HTTP/1.1\r\nHost: {host}\r\n\r\n',
    'HEAD ',
    'DELETE ',
    'CONNECT ',
  ].map(ascii),
  cuts: (input) => [...input.keys()].filter((at) => input[at - 1] === 0x0a || input[at] === 0x20),
  async run(input) {
    world ??= openWorld()
    const { relay, upstream, local } = await world
    const { length: before } = await relay.records()
    upstream.begin({ text: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}', isEarly: false, isOwn: true })
    await send(`${Buffer.from(input).toString('latin1')}${last}`, local.port, silentMs)
    await upstream.idle(2000)
    await relay.auditLog.flush()
    const records = (await relay.records()).slice(before).filter(({ method }) => method !== null)
    runs += 1
    if (runs % runsPerRelay === 0) await httpConnection.close?.()

    assert.deepEqual(upstream.errors, [])
    const allowed = records
      .filter(({ decision }) => decision?.effect === 'allow')
      .map(({ method, path }) => `${method} ${path}`)
    const whole = upstream.all.map(({ startLine }) => pathOf(startLine))
    const cut = upstream.begun.map(pathOf)
    for (const each of [...whole, ...cut]) {
      const at = allowed.indexOf(each)
      assert.notEqual(at, -1, `${each} was forwarded, and is not what was decided on`)
      allowed.splice(at, 1)
    }
    for (const message of upstream.all) {
      assert.match(message.startLine, /^[A-Z]+ \/[!-~]* HTTP\/1\.1$/)
      assert.doesNotMatch(message.startLine, /\/\.\.?(\/|\?| )|\/\/|\/api\/v2\/variables/)
    }
  },
  async close() {
    const opened = await world
    world = null
    opened?.tunnel.close()
    await opened?.local.close()
    await opened?.relay.close()
    await opened?.upstream.close()
    await opened?.provider.close()
  },
}

interface World {
  readonly provider: TokenProvider
  readonly upstream: RawUpstream
  readonly relay: OwnRelay
  readonly tunnel: Tunnel
  readonly local: LocalPort
}
let world: Promise<World> | null = null
let runs = 0

async function openWorld(): Promise<World> {
  const provider = await startTokenProvider()
  const upstream = await startRawUpstream()
  const relay = await startOwnRelay(provider.issuer, {
    services: { airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } } },
    limits: { maxOpensPerSecond: 10_000 },
    policy: { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'user' }] },
  })
  const local = await LocalPort.listen({ service: 'airflow', type: 'airflow', port: 0, detached })
  const tunnel = await openTunnelTo(relay.carrierUrl, () => provider.token(), [
    { name: 'airflow', localPort: local.port },
  ])
  local.attach(tunnel)
  return { provider, upstream, relay, tunnel, local }
}

/** Sends bytes, and waits until the connection is closed. */
async function send(text: string, port: number, patienceMs: number): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port })
  let isSilent = false
  socket.on('error', () => {})
  socket.setTimeout(patienceMs, () => {
    isSilent = true
    socket.destroy()
  })
  socket.resume()
  socket.write(text.replaceAll('{host}', `localhost:${port}`), 'latin1')
  await once(socket, 'close')
  // What is sent later through the same tunnel arrives later: the relay knows then that the connection was cut.
  if (isSilent) await send(last, port, 10_000)
}

/** `GET /a?b HTTP/1.1` → `GET /a` */
function pathOf(startLine: string): string {
  return startLine.split('\r\n', 1)[0]?.replace(/(\?.*)? HTTP\/1\.1$/, '') as string
}
