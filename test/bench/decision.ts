import { catalogue } from '#shared/airflow/catalogue.ts'
import type { Operation } from '#shared/airflow/operation.ts'
import { policyConfig } from '#shared/config/policy-config.ts'
import { say } from '../../build/setup/steps.ts'
import type { Principal } from '../../relay/identity/principal.ts'
import { compilePolicy, type Policy } from '../../relay/policy/policy.ts'
import type { PolicyRequest } from '../../relay/policy/request.ts'

const grantCounts = [10, 200, 2000] as const
/** Grants of each group; a person is in eight groups of the policy, and in twenty that it does not know. */
const grantsOfGroup = 5
const groupsOfPerson = 8
const warmUp = 3000
const measured = 3000

interface Figures {
  /** The same decision again. */
  readonly cachedUs: number
  /** Another DAG each time, all allowed. */
  readonly allowUs: number
  /** Another DAG each time, all denied, with what is missing. */
  readonly denyUs: number
  /** The first decision of someone with groups that no one had before. */
  readonly firstMs: number
  readonly compileMs: number
}

/** How long the policy takes for a decision, in this process: nothing else is measured. */
export function decision(): Record<string, Figures> {
  const results: Record<string, Figures> = {}
  say('grants    cached µs   allow µs    deny µs   first ms   compile ms')
  for (const count of grantCounts) {
    const figures = measure(count)
    results[count] = figures
    const { cachedUs, allowUs, denyUs, firstMs, compileMs } = figures
    say(
      [
        String(count).padEnd(8),
        ...[cachedUs, allowUs, denyUs, firstMs, compileMs].map((value) => value.toFixed(1).padStart(11)),
      ].join(''),
    )
  }
  return results
}

function measure(count: number): Figures {
  const compileStart = performance.now()
  const policy = compilePolicy(policyOf(count))
  const compileMs = performance.now() - compileStart
  const groups = Math.max(1, count / grantsOfGroup)
  const someone = person(groups, 0)
  const us = (request: (i: number) => PolicyRequest) => medianUs(policy, request)
  const figures = {
    cachedUs: us(() => trigger(someone, 'g0_0_x')),
    allowUs: us((i) => trigger(someone, `g0_0_${i}`)),
    denyUs: us((i) => trigger(someone, `other_${i}`)),
    firstMs: firstMs(policy, groups),
    compileMs,
  }
  policy.release()
  return figures
}

function policyOf(count: number) {
  const when = { hours: '00:00-24:00', timezone: 'Europe/Berlin' }
  return policyConfig.parse({
    contact: 'Ask us.',
    grants: Array.from({ length: count }, (_, i) => {
      const [group, which] = [Math.floor(i / grantsOfGroup), i % grantsOfGroup]
      return {
        group: `group-${group}`,
        role: (['user', 'viewer', 'op', 'user', 'user'] as const)[which],
        dags: [`g${group}_${which}_*`],
        ...(which === 4 ? { when } : {}),
      }
    }),
    forbid: [{ verbs: ['run.delete', 'run.trigger'], dags: ['*_archived'], reason: 'It is kept as it is.' }],
  })
}

function firstMs(policy: Policy, groups: number): number {
  const start = performance.now()
  policy.authorize(trigger(person(groups, 1, 'g0'), 'g1_0_x'))
  return performance.now() - start
}

function medianUs(policy: Policy, request: (i: number) => PolicyRequest): number {
  const requests = Array.from({ length: warmUp + measured }, (_, i) => request(i))
  const times: number[] = []
  requests.forEach((one, i) => {
    const start = performance.now()
    policy.authorize(one)
    if (i >= warmUp) times.push(performance.now() - start)
  })
  return 1000 * (times.sort((a, b) => a - b)[measured / 2] as number)
}

function person(groups: number, from: number, prefix = 'team'): Principal {
  const known = Array.from({ length: groupsOfPerson }, (_, i) => `group-${(from + i) % groups}`)
  return {
    kind: 'person',
    issuer: 'https://id.example.com',
    subject: 'ana',
    name: 'ana@example.com',
    email: 'ana@example.com',
    groups: [...known, ...Array.from({ length: 20 }, (_, i) => `${prefix}-${i}`)],
    authTime: null,
    authentication: { by: 'identity.oidc', tokenId: null, sessionId: null, acr: null },
    expires: 2_000_000_000,
  }
}

const triggerOperation = catalogue.find(({ id }) => id === 'trigger_dag_run') as Operation

function trigger(principal: Principal, dag: string): PolicyRequest {
  return {
    principal,
    operation: triggerOperation,
    resource: { dag, run: null, task: null, name: null },
    tags: [],
    context: {
      time: Date.now(),
      sourceIp: '192.0.2.7',
      via: 'tunnel',
      service: 'airflow',
      method: 'POST',
      reason: null,
      conf: null,
    },
  }
}
