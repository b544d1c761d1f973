import type { Logger } from 'pino'
import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import { protocolVersion } from '#shared/protocol/wire.ts'
import type { AuditLog } from './audit/audit-log.ts'
import type { LoadedConfig } from './config/load.ts'
import { chain, type Handle } from './http/exchange.ts'
import { accessLog } from './http/handlers/access-log.ts'
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
import { createOidcAuthenticator, type OidcAuthenticator } from './identity/oidc.ts'
import { compilePolicy } from './policy/policy.ts'
import { createAirflowIdentity } from './upstream/airflow-identity.ts'
import { createForwardTcp, type ForwardTcp } from './upstream/forward-tcp.ts'
import { createUpstream, type Upstream } from './upstream/upstream.ts'

/** One frozen, complete configuration at work. */
export interface Generation {
  /** Hash of the configuration. */
  readonly id: string
  readonly config: LoadedConfig
  readonly authenticator: OidcAuthenticator
  readonly gate: DrainGate
  readonly handle: Handle
  readonly forwardTcp: ForwardTcp
  close(): Promise<void>
}

/**
 * Builds everything that a configuration asks for and joins it into one chain. The order is the point: what is
 * ambiguous is refused before anyone is asked for, who is asking is known before anything is decided, what is
 * decided is recorded whatever the decision, and only what was allowed is forwarded.
 */
export function buildGeneration(config: LoadedConfig, auditLog: AuditLog, log: Logger): Generation {
  const authenticator = createOidcAuthenticator(config.identity.oidc)
  const upstreams = new Map<string, Upstream>()
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
  }
  const policy = compilePolicy(config.policy, config.cedarFiles)
  const gate = new DrainGate()
  const handle = chain([
    accessLog(log),
    errors(log),
    gate.handler,
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
    service(upstreams, config.direct),
    operation,
    audit(auditLog, config.generation),
    guard,
    authorize(policy, config.limits.maxTriggerBodyBytes),
    body(config.limits.maxTriggerBodyBytes),
    proxy,
  ])
  return Object.freeze({
    id: config.generation,
    config,
    authenticator,
    gate,
    handle,
    forwardTcp: createForwardTcp({ config, policy, gate, auditLog, log }),
    close: async () => {
      await Promise.all([...upstreams.values()].map(({ pool }) => pool.destroy()))
      policy.release()
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
