import type { Logger } from 'pino'
import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import { schedulerWith } from '#shared/protocol/scheduler.ts'
import { protocolVersion } from '#shared/protocol/wire.ts'
import type { LoadedConfig } from './config/load.ts'
import { Admission, admissionLimits } from './http/admission.ts'
import { chain, type Handle } from './http/exchange.ts'
import { createFilters } from './http/filters/filters.ts'
import { accessLog } from './http/handlers/access-log.ts'
import { admit } from './http/handlers/admit.ts'
import { audit } from './http/handlers/audit.ts'
import { authenticate } from './http/handlers/authenticate.ts'
import { authorize } from './http/handlers/authorize.ts'
import { body } from './http/handlers/body.ts'
import { DrainGate } from './http/handlers/drain.ts'
import { errors } from './http/handlers/errors.ts'
import { guard } from './http/handlers/guard.ts'
import { operation } from './http/handlers/operation.ts'
import { ownEndpoints } from './http/handlers/own-endpoints.ts'
import { proxy } from './http/handlers/proxy.ts'
import { service } from './http/handlers/service.ts'
import { syntax } from './http/handlers/syntax.ts'
import { InFlight } from './http/in-flight.ts'
import { createOidcAuthenticator, type OidcAuthenticator } from './identity/oidc.ts'
import type { Observers } from './observe/observers.ts'
import { compilePolicy } from './policy/policy.ts'
import { createAirflowIdentity } from './upstream/airflow-identity.ts'
import { createForwardTcp, type ForwardTcp } from './upstream/forward-tcp.ts'
import { createUpstream, type Upstream } from './upstream/upstream.ts'

const scheduler = schedulerWith(setImmediate)

/** One frozen, complete configuration at work. */
export interface Generation {
  /** Hash of the configuration. */
  readonly id: string
  readonly config: LoadedConfig
  readonly authenticator: OidcAuthenticator
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly gate: DrainGate
  readonly inFlight: InFlight
  /** Who goes next to a service, by its name. */
  readonly queues: ReadonlyMap<string, Admission>
  readonly handle: Handle
  readonly forwardTcp: ForwardTcp
  close(): Promise<void>
}

/**
 * Builds everything that a configuration asks for and joins it into one chain. The order is the point: what is
 * ambiguous is refused before anyone is asked for, who is asking is known before anything is decided, what is
 * decided is recorded whatever the decision, and only what was allowed is forwarded.
 */
export function buildGeneration(
  config: LoadedConfig,
  { auditLog, metrics, tracing }: Omit<Observers, 'close'>,
  log: Logger,
): Generation {
  const authenticator = createOidcAuthenticator(config.identity.oidc)
  const upstreams = new Map<string, Upstream>()
  const queues = new Map<string, Admission>()
  for (const [name, s] of Object.entries(config.services)) {
    if (s.type !== 'airflow') continue
    const upstream = createUpstream({
      name,
      url: s.url,
      identity: createAirflowIdentity(s.identity),
      connections: s.connections,
      timeoutMs: s.timeoutSeconds * 1000,
    })
    upstreams.set(name, upstream)
    queues.set(name, new Admission(admissionLimits(config.limits.requests, s.connections), scheduler))
  }
  const gate = new DrainGate()
  const inFlight = new InFlight(config.limits.requests, scheduler, log)
  const decide = authorize(compilePolicy(config.policy))
  const handle = chain([
    accessLog(log),
    ...(metrics ? [metrics] : []),
    errors(log),
    gate.handler,
    inFlight.handler,
    ownEndpoints({
      discovery: discoveryOf(config),
      readiness: () => {
        const checks = {
          accepting: !gate.isDraining,
          provider: authenticator.isReady,
          audit: auditLog.writable,
        }
        return { ready: Object.values(checks).every(Boolean), checks }
      },
    }),
    syntax,
    authenticate((token) => authenticator.authenticate(token)),
    ...(tracing ? [tracing.request] : []),
    service(upstreams, config.direct),
    operation,
    audit(auditLog, config.generation),
    guard,
    ...createFilters(config.filters, { contact: config.policy.contact, now: Date.now }),
    tracing?.decision(decide) ?? decide,
    admit(queues),
    body(config.limits.maxTriggerBodyBytes),
    tracing?.upstream(proxy) ?? proxy,
  ])
  return Object.freeze({
    id: config.generation,
    config,
    authenticator,
    startedAt: Date.now(),
    gate,
    inFlight,
    queues,
    handle,
    forwardTcp: createForwardTcp({ config, gate, auditLog, log }),
    close: async () => {
      await Promise.all([...upstreams.values()].map(({ pool }) => pool.destroy()))
    },
  })
}

function discoveryOf(config: LoadedConfig): DiscoveryDocument {
  const { issuer, clientId, scopes, resource, redirectPorts } = config.identity.oidc
  const carrierUrl = new URL('/tunnel', config.publicUrl)
  carrierUrl.protocol = carrierUrl.protocol === 'https:' ? 'wss:' : 'ws:'
  return {
    protocolVersions: [protocolVersion],
    name: config.name,
    carrierUrl: carrierUrl.href,
    oidc: { issuer, clientId, scopes, resource, redirectPorts },
    services: Object.entries(config.services).map(([name, { type, localPort }]) => ({
      name,
      type,
      localPort,
    })),
  }
}
