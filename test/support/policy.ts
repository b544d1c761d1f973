import { onTestFinished } from 'vitest'
import type { ResolvedOperation } from '#shared/airflow/operation.ts'
import { resolve } from '#shared/airflow/resolve.ts'
import type { PolicyConfig } from '#shared/config/policy-config.ts'
import type { Principal } from '../../relay/identity/principal.ts'
import type { ConnectDecision, Decision } from '../../relay/policy/decision.ts'
import type { CedarFile } from '../../relay/policy/own-policies.ts'
import { compilePolicy } from '../../relay/policy/policy.ts'
import type { PolicyRequest, RequestContext } from '../../relay/policy/request.ts'

/** A Wednesday, 10:30 in UTC, 11:30 in Berlin. */
export const someTime = Date.parse('2026-11-25T10:30:00Z')

export interface Circumstances extends Partial<RequestContext> {
  readonly tags?: readonly string[] | null
}

/** A policy at work, released when the test has ended. */
export function policyOf(config: PolicyConfig, files: readonly CedarFile[] = []) {
  const policy = compilePolicy(config, files)
  onTestFinished(() => policy.release())
  return {
    ...policy,
    authorize: asking(policy.authorize),
    couldAllow: asking(policy.couldAllow),
    authorizeNarrowed: asking(policy.authorizeNarrowed),
    connect: (principal: Principal, service: string, more: Partial<RequestContext> = {}): ConnectDecision =>
      policy.authorizeConnect({ principal, service, context: { ...plainContext, ...more } }),
  }
}

function asking(ask: (request: PolicyRequest) => Decision) {
  return (principal: Principal, what: ResolvedOperation, more: Circumstances = {}): Decision => {
    const { tags = null, ...context } = more
    return ask({ principal, ...what, tags, context: { ...plainContext, ...context } })
  }
}

export const plainContext: RequestContext = {
  time: someTime,
  sourceIp: '192.0.2.7',
  via: 'tunnel',
  service: 'airflow',
  method: 'POST',
  reason: null,
  conf: null,
}

export const person = (...groups: string[]): Principal => ({
  kind: 'person',
  issuer: 'https://id.example.com',
  subject: 'ana',
  name: 'ana@example.com',
  email: 'ana@example.com',
  groups,
  authTime: null,
  authentication: { by: 'identity.oidc', tokenId: null, sessionId: null, acr: null },
  expires: 2_000_000_000,
})

export const machine = (...groups: string[]): Principal => ({
  ...person(...groups),
  kind: 'machine',
  email: null,
})

export const agent = (...groups: string[]): Principal => ({
  ...person(...groups),
  act: { subject: 'helper', client: 'ide' },
})

/** @throws Error when it is no operation of Airflow */
export function asked(method: string, target: string): ResolvedOperation {
  const resolved = resolve(method, target)
  if (!resolved) throw new Error(`${method} ${target} is no operation`)
  return resolved
}

export const trigger = (dag: string) => asked('POST', `/api/v2/dags/${encodeURIComponent(dag)}/dagRuns`)
export const read = (dag: string) => asked('GET', `/api/v2/dags/${encodeURIComponent(dag)}`)
