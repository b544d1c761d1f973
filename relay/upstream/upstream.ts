import { Pool } from 'undici'
import type { ResolvedOperation } from '#shared/airflow/operation.ts'
import { resolve } from '#shared/airflow/resolve.ts'
import { suffices } from '#shared/airflow/roles.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { LoadedConfig, LoadedHttpService } from '../config/load.ts'
import type { Exchange } from '../http/exchange.ts'
import { policyRequestOf } from '../http/policy-request.ts'
import type { SigningKey } from '../oauth/keyring.ts'
import type { GreatestRole } from '../policy/airflow-role.ts'
import type { Policy } from '../policy/policy.ts'
import { dagsSpokenOf } from '../policy/spoken-of.ts'
import { type AirflowVersion, createAirflowVersion } from './airflow-version.ts'
import { createDagTags, type DagTags } from './dag-tags.ts'
import { httpOperation } from './http-operation.ts'
import { identifyToAirflow2, identifyToAirflow3, identifyToHttp, type RawHeaders } from './identify.ts'
import { createMint, type Mint } from './token-mint.ts'

/** A service behind the relay that speaks HTTP. */
export interface Upstream {
  readonly name: string
  readonly type: 'airflow' | 'http'
  /** Where the relay reaches it. */
  readonly origin: string
  /** Under which its redirects may name it: where the relay reaches it, and what it calls itself. */
  readonly origins: ReadonlySet<string>
  /** Where people reach it without a tunnel. */
  readonly publicOrigin: string
  /** The path under which it serves everything, e.g. `/airflow`; empty for none. */
  readonly basePath: string
  /** Names of headers, in lower case, that are the relay's alone to set. */
  readonly ownHeaders: ReadonlySet<string>
  readonly pool: Pool
  /** Whether it narrows its lists to what the token of a person covers. */
  readonly narrows: boolean
  readonly dagTags: DagTags
  /** Null where it is no Airflow. */
  readonly airflowVersion: AirflowVersion | null
  /** What a request asks of it; null for what it is not known to serve. */
  resolve(method: string, target: string, isUpgrade: boolean): ResolvedOperation | null
  /** The headers by which it knows who asks, for a request that was allowed. */
  identify(exchange: Exchange): RawHeaders
  /** Whether it answers at all, whatever that is. @throws Error that says why not */
  reach(): Promise<void>
}

/** What the relay decides by. */
interface Rules {
  readonly policy: Policy
  readonly greatestRole: GreatestRole
}

/** Shorter than the five seconds after which uvicorn closes an idle connection, so that no request meets the close. */
const keepAliveTimeoutMs = 4000
const connectTimeoutMs = 5000

export function createUpstream(
  name: string,
  service: LoadedHttpService,
  { publicUrl, entrances }: Pick<LoadedConfig, 'publicUrl' | 'entrances'>,
  signer: () => SigningKey,
  rules: Rules,
): Upstream {
  const { origin } = new URL(service.url)
  const publicOrigin = new URL(publicUrl).origin
  const timeoutMs = service.timeoutSeconds * 1000
  const pool = new Pool(origin, {
    connections: service.connections,
    pipelining: 1,
    keepAliveTimeout: keepAliveTimeoutMs,
    keepAliveMaxTimeout: keepAliveTimeoutMs,
    connectTimeout: connectTimeoutMs,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  })
  const ofAirflow3 = service.type === 'airflow' && service.version === 3
  const audience = service.identity.audience ?? (ofAirflow3 ? 'apache-airflow' : name)
  const { lifetimeSeconds } = service.identity
  const mint = createMint({ signer, issuer: publicOrigin, audience, lifetimeSeconds })
  const kind = service.type === 'http' ? ofHttp(service, origin, mint) : ofAirflow(service, pool, mint, rules)
  const ofBalancers = Object.values(entrances).flatMap(({ config }) =>
    'header' in config ? [config.header] : [],
  )
  return {
    name,
    origin,
    publicOrigin,
    pool,
    ...kind,
    ownHeaders: new Set([...kind.ownHeaders, ...ofBalancers]),
    async reach() {
      const timeouts = { headersTimeout: connectTimeoutMs, bodyTimeout: connectTimeoutMs }
      const { body } = await pool.request({ method: 'GET', path: '/', ...timeouts })
      await body.dump()
    },
  }
}

type Kind = Omit<Upstream, 'name' | 'origin' | 'publicOrigin' | 'pool' | 'reach'>
type ServiceOf<Type> = Extract<LoadedHttpService, { readonly type: Type }>

function ofHttp(service: ServiceOf<'http'>, origin: string, mint: Mint): Kind {
  const { header } = service.identity
  return {
    type: 'http',
    origins: new Set([origin]),
    basePath: '',
    ownHeaders: new Set([header, ...service.stripHeaders].map((each) => each.toLowerCase())),
    narrows: false,
    // There are no DAGs here.
    dagTags: { tagsOf: async () => null },
    airflowVersion: null,
    resolve: httpOperation,
    identify({ principal }) {
      if (!principal) throw new JetwayError('INTERNAL')
      return identifyToHttp(mint, header, principal)
    },
  }
}

function ofAirflow(service: ServiceOf<'airflow'>, pool: Pool, mint: Mint, rules: Rules): Kind {
  const { version } = service
  const base = new URL(service.baseUrl ?? service.url)
  const basePath = base.pathname.replace(/\/$/, '')
  const narrows = service.listNarrowing === 'airflow'
  const identify = version === 2 ? identifyToAirflow2(mint) : identifyToAirflow3(mint, narrows)
  return {
    type: 'airflow',
    origins: new Set([new URL(service.url).origin, base.origin]),
    basePath,
    ownHeaders: new Set(),
    narrows,
    dagTags: createDagTags({ pool, identify, version, basePath, ...service.dagTags }),
    airflowVersion: createAirflowVersion({ pool, version, basePath }),
    resolve(method, target) {
      const isBelow = basePath === '' || target.startsWith(`${basePath}/`)
      return isBelow ? resolve(method, target.slice(basePath.length), version) : null
    },
    identify(exchange) {
      const { principal, touched, decision } = exchange
      if (!principal || decision?.effect !== 'allow' || !('airflowRole' in decision))
        throw new JetwayError('INTERNAL')
      const { airflowRole } = decision
      const greatest = version === 2 ? rules.greatestRole(principal, Date.now()) : null
      const role = greatest !== null && suffices(greatest, airflowRole) ? greatest : airflowRole
      const requestOf = (what: ResolvedOperation) => policyRequestOf(exchange, principal, what, null)
      return identify({ principal, role, dags: dagsSpokenOf(rules.policy, requestOf, touched, decision) })
    },
  }
}
