import type { Logger } from 'pino'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { schedulerWith } from '#shared/protocol/scheduler.ts'
import type { AuditLog } from './audit/audit-log.ts'
import type { LoadedConfig, LoadedHttpService } from './config/load.ts'
import { discoveryOf } from './discovery.ts'
import { Admission } from './http/admission.ts'
import { chain, type Exchange, type Handle } from './http/exchange.ts'
import { createFilters } from './http/filters/filters.ts'
import { accessLog } from './http/handlers/access-log.ts'
import { admissionLimits, admit } from './http/handlers/admit.ts'
import { approved } from './http/handlers/approved.ts'
import { audit } from './http/handlers/audit.ts'
import { authenticate } from './http/handlers/authenticate.ts'
import { authorize } from './http/handlers/authorize.ts'
import { basePath } from './http/handlers/base-path.ts'
import { body } from './http/handlers/body.ts'
import { DrainGate } from './http/handlers/drain.ts'
import { errors } from './http/handlers/errors.ts'
import { framing } from './http/handlers/framing.ts'
import { guard } from './http/handlers/guard.ts'
import { intent } from './http/handlers/intent.ts'
import { onOwnPort } from './http/handlers/on-own-port.ts'
import { operation } from './http/handlers/operation.ts'
import { ownEndpoints } from './http/handlers/own-endpoints.ts'
import { isForRelay, ownService } from './http/handlers/own-service.ts'
import { proxy } from './http/handlers/proxy.ts'
import { recordable } from './http/handlers/recordable.ts'
import { service } from './http/handlers/service.ts'
import { signedHeader } from './http/handlers/signed-header.ts'
import { staticFiles } from './http/handlers/static-files.ts'
import { syntax } from './http/handlers/syntax.ts'
import { whoami } from './http/handlers/whoami.ts'
import { InFlight } from './http/in-flight.ts'
import { versionForBy } from './http/told-version.ts'
import type { ApprovedAccess } from './identity/approved-access.ts'
import type { Credentials } from './identity/authenticator.ts'
import { Authenticators } from './identity/authenticators.ts'
import { DpopProofs } from './identity/dpop.ts'
import type { Principal } from './identity/principal.ts'
import type { RevokedAccess } from './identity/revoked-access.ts'
import { createSignedHeader, type SignedHeader } from './identity/signed-headers/signed-header.ts'
import { type IssuingParts, issuingOf } from './oauth/issuing.ts'
import type { SigningKey } from './oauth/keyring.ts'
import type { Keyrings } from './oauth/keyrings.ts'
import type { Observers } from './observe/observers.ts'
import type { Readiness } from './observe/readiness.ts'
import { accessBy } from './policy/access.ts'
import { greatestRoleBy } from './policy/airflow-role.ts'
import { compilePolicy } from './policy/policy.ts'
import { type RequestRules, requestRulesOf } from './policy/request-rules.ts'
import { ssfReceiver } from './ssf/receiver.ts'
import { createForwardTcp, type ForwardTcp } from './upstream/forward-tcp.ts'
import { jwksDocument, type PublicJwk } from './upstream/jwks.ts'
import { reachTcp } from './upstream/reach-tcp.ts'
import type { StaticFiles } from './upstream/static-files.ts'
import { createUpstream, type Upstream } from './upstream/upstream.ts'

const scheduler = schedulerWith(setImmediate)
const daySeconds = 86_400

/** What belongs to the process, and outlives generations. */
export interface ProcessParts extends IssuingParts {
  readonly kept: StaticFiles
  readonly revoked: RevokedAccess
  readonly approved: ApprovedAccess
  /** Of the generation at work. */
  readonly requestRules: () => RequestRules
  readonly auditLog: AuditLog
  readonly observers: Pick<Observers, 'metrics' | 'tracing'>
  readonly log: Logger
}

/** One frozen, complete configuration at work. What it begins it ends. */
export interface Generation {
  /** Hash of the configuration. */
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly builtAt: number
  readonly config: LoadedConfig
  readonly authenticators: Authenticators
  /**
   * Refuses whoever may not be here any more.
   *
   * @param session the relay's session in which they act; null for none
   * @throws UNAUTHENTICATED, ACCESS_REVOKED, SESSION_ENDED
   */
  readonly check: (principal: Principal, session: string | null) => void
  /** What people may ask for. */
  readonly requestRules: RequestRules
  readonly readiness: () => Readiness
  readonly gate: DrainGate
  readonly inFlight: InFlight
  /** Who goes next to a service, by its name. */
  readonly queues: ReadonlyMap<string, Admission>
  readonly handle: Handle
  readonly forwardTcp: ForwardTcp
  /** By name, whether each service can be reached. Rejects with why not. */
  readonly services: ReadonlyMap<string, () => Promise<void>>
  /** By path, whether what the relay issues tokens for has what it needs of others. Rejects with why not. */
  readonly tokenSources: ReadonlyMap<string, () => Promise<void>>
  close(): Promise<void>
}

/**
 * Builds everything that a configuration asks for and joins it into one chain. The order is the point: what is
 * ambiguous, or for no service, is refused before anyone is asked for, who is asking is known before anything is
 * decided, what is decided is recorded whatever the decision, and only what was allowed is forwarded. What is asked of the
 * relay itself inside a session has a chain of its own: it is no request to a service.
 */
export function buildGeneration(config: LoadedConfig, parts: ProcessParts): Generation {
  const { kept, revoked, auditLog, observers } = parts
  const { metrics, tracing } = observers
  const log = parts.log.child({ generation: config.generation }, { level: config.log.level })
  const proofs = new DpopProofs(config.identity.dpop)
  const issuing = issuingOf(config, parts, proofs, log)
  const signedHeaders = signedHeadersOf(config)
  const authenticators = new Authenticators(
    config.identity,
    issuing ? [issuing.authenticator] : [],
    proofs,
    [...signedHeaders.values()].map(({ authenticator }) => authenticator),
  )
  const upstreams = new Map<string, Upstream>()
  const published: (() => readonly PublicJwk[])[] = []
  const services = new Map<string, () => Promise<void>>()
  const queues = new Map<string, Admission>()
  const policy = compilePolicy(config.policy, config.cedarFiles)
  const rules = { policy, greatestRole: greatestRoleBy(config.policy) }
  for (const [name, s] of Object.entries(config.services)) {
    if (s.type === 'tcp') {
      services.set(name, () => reachTcp(s))
      continue
    }
    const keys = serviceKeys(name, s, parts.keyrings)
    published.push(keys.published)
    const upstream = createUpstream(name, s, config, keys.signer, rules)
    upstreams.set(name, upstream)
    queues.set(name, new Admission(admissionLimits(config.limits.requests, s.connections), scheduler))
    services.set(name, upstream.reach)
  }
  const verify = (credentials: Credentials) => authenticators.authenticate(credentials)
  const check = (principal: Principal, session: string | null = null) => {
    if (!authenticators.trusts(principal)) throw new JetwayError('UNAUTHENTICATED')
    parts.keyrings.check(principal)
    revoked.check(principal, session)
  }
  const gate = new DrainGate()
  const inFlight = new InFlight(config.limits.requests, scheduler, log)
  const readiness = (): Readiness => ({
    accepting: !gate.isDraining,
    provider: authenticators.isReady,
    audit: auditLog.writable,
  })
  const requestRules = requestRulesOf(config.policy)
  const withApproved = (principal: Principal) => parts.approved.of(principal, requestRules)
  const decide = authorize(policy, (principal, policies) => {
    const held = parts.approved.held(principal, requestRules)
    const ids = policies.map((id) => held.get(id)?.id ?? null)
    return ids.includes(null) ? null : (ids[0] ?? null)
  })
  const turn = admit(queues)
  const authenticated = authenticate(config.publicUrl, verify, check)
  const own = chain([
    accessLog(log),
    errors(log),
    framing(config.limits.maxHeaders),
    syntax,
    authenticated,
    approved(withApproved),
    () =>
      ownService(
        accessBy({ ...rules, ...policy, ...config, contact: config.policy.contact }),
        versionForBy(upstreams, policy),
        {
          state: parts.state.accessRequests,
          ...{ approved: parts.approved, auditLog, generation: config.generation },
          ...{ rules: requestRules, rulesNow: parts.requestRules },
        },
      ),
  ])
  const handle = chain([
    accessLog(log),
    ...(metrics ? [metrics] : []),
    errors(log),
    gate.handler,
    inFlight.handler,
    audit(auditLog, config.generation),
    framing(config.limits.maxHeaders),
    ownEndpoints({
      discovery: discoveryOf(config),
      // All are the relay's, and `aud` tells the services apart.
      jwks: () => jwksDocument(published.flatMap((keys) => keys())),
      readiness,
    }),
    ...[
      ...(issuing?.endpoints ?? []),
      whoami({ publicUrl: config.publicUrl, verify, check }),
      ...eventReceivers(config, parts, log),
    ].map(onOwnPort),
    syntax,
    service(upstreams, config.direct),
    signedHeader(signedHeaders, (principal) => check(principal, null), authenticated),
    approved(withApproved),
    ...(tracing ? [tracing.request] : []),
    operation,
    recordable(auditLog),
    guard,
    basePath,
    ...createFilters(config.filters, { contact: config.policy.contact, now: Date.now }),
    turn.beforeBody,
    body(policy, config.limits.maxTriggerBodyBytes),
    tracing?.decision(decide) ?? decide,
    staticFiles(kept),
    turn.beforeUpstream,
    intent(auditLog, config.generation),
    tracing?.upstream(proxy) ?? proxy,
  ])
  return Object.freeze({
    id: config.generation,
    builtAt: Date.now(),
    config,
    authenticators,
    check,
    requestRules,
    readiness,
    gate,
    inFlight,
    queues,
    handle: (exchange: Exchange) => (isForRelay(exchange) ? own : handle)(exchange),
    forwardTcp: createForwardTcp({ config, policy, withApproved, gate, auditLog, log }),
    services,
    tokenSources: issuing?.ready ?? new Map(),
    close: async () => {
      await Promise.all([...upstreams.values()].map(({ pool }) => pool.destroy()))
      policy.release()
    },
  })
}

/** By the names of the listeners. */
function signedHeadersOf({ entrances }: LoadedConfig): ReadonlyMap<string, SignedHeader> {
  return new Map(
    Object.entries(entrances).map(([name, { config, jwks }]) => [
      name,
      createSignedHeader(`identity.signedHeaders.${name}`, config, jwks),
    ]),
  )
}

/** Who takes the events of a provider; nobody where the configuration names none. */
function eventReceivers(
  { identity: { ssf }, ssfAuthorization, generation }: LoadedConfig,
  { state, revoked, auditLog }: ProcessParts,
  log: Logger,
) {
  if (!ssf || ssfAuthorization === null) return []
  const authorization = ssfAuthorization
  return [ssfReceiver({ config: ssf, authorization, state, revoked, auditLog, generation, log })]
}

/** The key that signs for a service, and all that are published of it. */
function serviceKeys(name: string, { identity }: LoadedHttpService, keyrings: Keyrings) {
  const { key, keyId, keyFolder, rotateDays, publishAheadMinutes, published } = identity
  if (key !== null) {
    const signer: SigningKey = { kid: keyId, key }
    return { signer: () => signer, published: () => published }
  }
  const ring = keyrings.open(`services.${name}.identity`, keyFolder as string, {
    rotateSeconds: rotateDays * daySeconds,
    publishAheadSeconds: publishAheadMinutes * 60,
  })
  return { signer: () => ring.current, published: () => [...ring.published, ...published] }
}
