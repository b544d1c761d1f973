import { randomUUID } from 'node:crypto'
import { createServer as createHttpServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { AccessRequest } from '#shared/ipc/access-requests.ts'
import { relayService } from '#shared/protocol/wire.ts'
import { AccessDesk, type OperatorEnd } from './access-requests/desk.ts'
import type { AuditLog } from './audit/audit-log.ts'
import { asksForTunnel } from './carriers/websocket.ts'
import type { LoadedConfig } from './config/load.ts'
import { buildGeneration } from './generation.ts'
import { Generations } from './generations.ts'
import { asksForWebSocket } from './http/asks-for-web-socket.ts'
import { callerAddress } from './http/caller-address.ts'
import type { Entrance, Exchange } from './http/exchange.ts'
import { takeRequests } from './http/listener.ts'
import { type Arrival, Turns } from './http/turns.ts'
import { upgradeResponse } from './http/upgrade-response.ts'
import { ApprovedAccess } from './identity/approved-access.ts'
import { realSts, type StsUrl } from './identity/aws/sts.ts'
import type { Principal } from './identity/principal.ts'
import { revocationRecorder } from './identity/revocation-recorder.ts'
import { RevokedAccess } from './identity/revoked-access.ts'
import { openListeners } from './listeners.ts'
import { type KeyringInfo, Keyrings, type RotateRequest } from './oauth/keyrings.ts'
import { startObservers } from './observe/observers.ts'
import { Reloader, type ReloadRequest, type ReloadResult } from './reload/reloader.ts'
import { MetadataSources, requireMetadataFile } from './saml/metadata-source.ts'
import { registerSessions } from './session-registry.ts'
import { openSqliteState } from './state/sqlite.ts'
import { type RelayStatus, statusOf } from './status.ts'
import { StreamSocket } from './stream-socket.ts'
import { createTunnelDoor } from './tunnel-door.ts'
import { StaticFiles } from './upstream/static-files.ts'

export interface Relay {
  /** Where it listens, e.g. `https://127.0.0.1:8443`. */
  readonly url: string
  /** Swaps the configuration; see {@link Reloader.reload}. */
  reload(request: ReloadRequest): Promise<ReloadResult>
  status(): RelayStatus
  /** The keys that the relay makes itself. */
  signingKeys(): KeyringInfo[]
  /** Requests for access that are not over, and those that ended lately; oldest first. */
  accessRequests(): AccessRequest[]
  /** Ends one; see {@link AccessDesk.endByOperator}. */
  endAccessRequest(request: OperatorEnd): Promise<AccessRequest>
  /** Has others sign; see {@link Keyrings.rotate}. */
  rotateKeys(request: RotateRequest): KeyringInfo[]
  /**
   * Takes nothing new, lets what runs finish within `deadlineMs`, then closes.
   *
   * @param deadlineMs as `limits.drainSeconds` says where it is not given
   */
  stop(deadlineMs?: number): Promise<void>
}

/** While draining: connections that are idle for so long are closed. */
const idleBeforeCloseMs = 500
const quietPollMs = 50
const keysRetryMs = 2000
/** How often it is looked for heads that take too long. */
const headersCheckMs = 5000
/** Handlers that wait for the end of a response; Node warns of more than ten. */
const mostListeners = 30

/**
 * Starts a relay: one port for its own endpoints, for direct HTTP and for the carriers of clients, and one for each
 * balancer that signs who asks.
 *
 * @param stsUrl where the STS of AWS is
 * @throws CONFIG_INVALID when it cannot listen
 */
export async function startRelay(
  config: LoadedConfig,
  auditLog: AuditLog,
  log: Logger,
  stsUrl: StsUrl = realSts,
): Promise<Relay> {
  await requireMetadataFile(config.identity.saml)
  const onStateError = (err: unknown) => log.error({ err }, 'state')
  const state = openSqliteState(config.state.file)
  const revoked = await RevokedAccess.load(state, onStateError)
  const approved = await ApprovedAccess.load(state, onStateError)
  const kept = new StaticFiles(config.limits.staticFilesBytes)
  const sources = { auditLog, generation: () => generations.current, tunnels: () => door.tunnels }
  const observers = await startObservers(config, sources, log)
  const keyrings = new Keyrings({ auditLog, generation: () => generations.current.id, log })
  const samlMetadata = new MetadataSources((err) => log.warn({ err }, 'the provider’s metadata'))
  const requestRules = () => generations.current.requestRules
  const ofAccess = { revoked, approved, requestRules }
  const parts = { kept, ...ofAccess, state, auditLog, observers, log, keyrings, stsUrl, samlMetadata }
  const build = (one: LoadedConfig) => buildGeneration(one, parts)
  const orClose = async (error: unknown) => {
    await observers.close()
    throw error
  }
  // No function of this one may have `config` in it: it would live as long as the relay.
  const first = await Promise.resolve(config).then(build).catch(orClose)
  const generations = new Generations(first, log)
  const begin = (arrival: Arrival, entrance: Entrance | null) => {
    const exchange = exchangeOf(arrival, entrance)
    // It handles the request from its first handler to its end, whatever the connection lives through.
    void generations.current.handle(exchange)
    return exchange
  }
  const turns = new Turns((arrival) => {
    const { request, head } = arrival
    const { socket } = request
    if (head && !isInTunnel(socket) && request.url === '/tunnel' && asksForTunnel(request)) {
      void door.enter(request, socket, head)
      return null
    }
    return begin(arrival, null)
  })
  const turnsOf = (entrance: Entrance) => new Turns((arrival) => begin(arrival, entrance))

  const headersTimeout = config.limits.requests.headSeconds * 1000
  const httpOptions = {
    maxHeaderSize: config.limits.maxHeaderBytes,
    // Of a request without a Host the chain says what is wrong.
    requireHostHeader: false,
    shouldUpgradeCallback: asksForWebSocket,
    headersTimeout,
    // Bodies have a pace of their own: see InFlight.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(headersTimeout, headersCheckMs),
  }
  // Parses the requests inside tunnels; it never listens.
  const inner = createHttpServer({ ...httpOptions, keepAliveTimeout: 0 })
  // What Node's server waits for before it looks at how long heads take.
  inner.emit('listening')
  takeRequests(inner, turns)
  const registry = registerSessions(state, onStateError)
  const door = createTunnelDoor({
    generations,
    registry,
    auditLog,
    log,
    onStream: (stream, tunnel) => {
      const generation = generations.current
      if (generation.forwardTcp(stream, tunnel)) return
      if (stream.service === relayService || Object.hasOwn(generation.config.services, stream.service)) {
        inner.emit('connection', new StreamSocket(stream, tunnel))
      } else {
        stream.reset('SERVICE_UNKNOWN')
      }
    },
  })

  const recordRevocations = revocationRecorder(state, auditLog, () => generations.current.id, onStateError)
  const endRefused = () => {
    const check = (principal: Principal, session: string | null) => {
      keyrings.check(principal)
      revoked.check(principal, session)
    }
    // Requests first: so each ends with the reason, and not with the end of its connection.
    generations.endThose(check)
    door.tunnels.endThose(check, 'now')
  }
  approved.listen(() =>
    generations.endThose((principal, _session, policies) =>
      approved.check(principal, requestRules(), policies),
    ),
  )
  keyrings.onDropped = endRefused
  revoked.listener = () => {
    endRefused()
    recordRevocations()
  }
  recordRevocations()

  const listeners = await openListeners(config, httpOptions, (entrance) =>
    entrance ? turnsOf(entrance) : turns,
  ).catch(orClose)
  /** Until nothing is begun any more. A connection that is idle is closed, a while after clients were told to leave. */
  const quiet = async (deadlineMs: number) => {
    const started = Date.now()
    while (generations.inFlight > 0 || !door.tunnels.isQuiet) {
      const ms = Date.now() - started
      if (ms >= deadlineMs) return
      if (ms >= idleBeforeCloseMs) inner.closeIdleConnections()
      await sleep(Math.min(quietPollMs, deadlineMs - ms))
    }
  }
  const startedAt = Date.now()
  const reloader = new Reloader({
    generations,
    auditLog,
    log,
    build,
    groupsTogether: () => door.tunnels.principals.map(({ groups }) => groups),
    beforeSwap: (next) => listeners.swap(next),
    swapped(next) {
      log.level = next.log.level
      door.tunnels.endThose(generations.current.check, 'soon')
      approved.changed()
    },
  })
  /** Of the generation at work. */
  const desk = () => {
    const { id: generation, requestRules: rules } = generations.current
    return new AccessDesk({ state: state.accessRequests, approved, auditLog, rules, generation })
  }
  void untilReady(generations, log)
  for (const [path, ready] of generations.current.tokenSources)
    ready().catch((err: unknown) => log.warn({ path, err }, 'the provider is not reached'))
  return {
    reload: (request) => reloader.reload(request),
    signingKeys: () => keyrings.list(),
    accessRequests: () => desk().list(),
    endAccessRequest: (request) => desk().endByOperator(request),
    rotateKeys: (request) => keyrings.rotate(request),
    status: () => statusOf(startedAt, generations, door.tunnels, reloader.last),
    url: `${config.listen.tls ? 'https' : 'http'}://${config.listen.host}:${listeners.port}`,
    async stop(deadlineMs = generations.current.config.limits.drainSeconds * 1000) {
      listeners.close()
      generations.drain()
      door.tunnels.goAway(deadlineMs)
      await quiet(deadlineMs)
      inner.close()
      door.tunnels.close(new JetwayError('DRAINING'))
      listeners.closeAllConnections()
      await generations.close()
      await observers.close()
      registry.close()
      keyrings.close()
      revoked.close()
      approved.close()
      await state.close()
    },
  }
}

/** Without the provider's keys the relay is not ready, and who waits for that sends nobody who would have them fetched. */
async function untilReady(generations: Generations, log: Logger): Promise<void> {
  while (!generations.isDraining && !generations.current.authenticators.isReady) {
    try {
      await generations.current.authenticators.ready()
    } catch (err) {
      log.warn({ err }, 'the provider is not reached')
      await sleep(keysRetryMs, undefined, { ref: false })
    }
  }
}

function isInTunnel(socket: Duplex): socket is StreamSocket {
  return socket instanceof StreamSocket
}

function exchangeOf({ request, response, head, fault }: Arrival, entrance: Entrance | null): Exchange {
  const socket: Duplex = request.socket
  const stream = isInTunnel(socket) ? socket : null
  const answer = response ?? upgradeResponse(request, socket)
  answer.setMaxListeners(mostListeners)
  return {
    id: randomUUID(),
    request,
    response: answer,
    upgrade: head && { socket, head },
    fault,
    tunnel: stream?.tunnel ?? null,
    entrance,
    address: entrance
      ? callerAddress(request, entrance)
      : (stream?.tunnel.address ?? request.socket.remoteAddress ?? ''),
    startedAt: Date.now(),
    serviceName: stream?.stream.service ?? null,
    upstream: null,
    principal: stream?.tunnel.principal ?? null,
    signsIn: false,
    resolved: null,
    touched: [],
    decision: null,
    approval: null,
    body: null,
    confDigest: null,
    conf: null,
    maxBodyBytes: Number.POSITIVE_INFINITY,
    reason: null,
    edits: null,
    stage: 'authenticate',
    inBrowser: false,
    runId: null,
    receivedBytes: 0,
    sentBytes: 0,
    error: null,
  }
}
