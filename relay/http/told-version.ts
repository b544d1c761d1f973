import type { Principal } from '../identity/principal.ts'
import type { Policy } from '../policy/policy.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Exchange } from './exchange.ts'
import { policyRequestOf } from './policy-request.ts'

/** The version of a service's Airflow for someone; null where it cannot be known. Never rejects. */
export type VersionFor = (exchange: Exchange, principal: Principal, service: string) => Promise<string | null>

/** Tells versions to those who may read them at the service itself, and to nobody else. */
export function versionForBy(upstreams: ReadonlyMap<string, Upstream>, policy: Policy): VersionFor {
  return async (exchange, principal, service) => {
    const upstream = upstreams.get(service)
    const version = upstream?.airflowVersion ?? null
    const asked = version && upstream?.resolve('GET', version.path, false)
    if (!asked) return null
    const there = { ...exchange, serviceName: service }
    const { effect } = policy.authorize(policyRequestOf(there, principal, asked, null))
    return effect === 'allow' ? version.get() : null
  }
}
