import { expect, test } from 'vitest'
import type { ResolvedOperation } from '#shared/airflow/operation.ts'
import { policyConfig } from '#shared/config/policy-config.ts'

const compiles = 1000
/** What the module of Cedar may take more after a thousand policies than after a hundred. */
const mostMoreBytes = 1_048_576

const config = policyConfig.parse({
  contact: 'Ask us.',
  grants: Array.from({ length: 8 }, (_, i) => ({ group: `g${i}`, role: 'user', dags: [`etl_${i}_*`] })),
  forbid: [{ verbs: ['run.*'], dags: ['*_old'], reason: 'It is old.' }],
})
const context = {
  sourceIp: null,
  via: 'tunnel',
  service: null,
  method: null,
  reason: null,
  conf: null,
} as const

test(`${compiles} policies, compiled, used and released, leave nothing in the memory of Cedar`, async () => {
  const memory = await wasmMemory()
  const { compilePolicy, asked, person, trigger } = await loaded()
  const groups = config.grants.map(({ group }) => group)
  const use = () => {
    const policy = compilePolicy(config)
    const decide = (what: ResolvedOperation) =>
      policy.authorize({
        principal: person(...groups),
        ...what,
        tags: null,
        context: { ...context, time: Date.now() },
      }).effect
    expect(decide(trigger('etl_7_x'))).toBe('allow')
    expect(decide(trigger('finance'))).toBe('deny')
    expect(decide(asked('GET', '/api/v2/pools'))).toBe('deny')
    policy.release()
    expect(() => decide(trigger('etl_7_x'))).toThrow('released')
  }
  for (let i = 0; i < compiles / 10; i += 1) use()
  const before = memory.buffer.byteLength
  for (let i = compiles / 10; i < compiles; i += 1) use()
  expect(memory.buffer.byteLength - before).toBeLessThanOrEqual(mostMoreBytes)
}, 120_000)

test('two policies at work at once do not take each other’s sets', async () => {
  const { compilePolicy, person, trigger } = await loaded()
  const of = (dag: string) =>
    compilePolicy(policyConfig.parse({ contact: 'x', grants: [{ group: 'g', role: 'user', dags: [dag] }] }))
  const decide = (policy: ReturnType<typeof of>, dag: string) =>
    policy.authorize({
      principal: person('g'),
      ...trigger(dag),
      tags: null,
      context: { ...context, time: Date.now() },
    }).effect
  const first = of('a*')
  expect(decide(first, 'a1')).toBe('allow')
  const second = of('b*')
  expect([decide(second, 'b1'), decide(second, 'a1'), decide(first, 'a2'), decide(first, 'b2')]).toEqual([
    'allow',
    'deny',
    'allow',
    'deny',
  ])
  first.release()
  const third = of('c*')
  expect([decide(third, 'c1'), decide(second, 'b2'), decide(second, 'c2')]).toEqual([
    'allow',
    'allow',
    'deny',
  ])
  for (const policy of [second, third]) policy.release()
})

/** Whatever loads Cedar, so that its memory is seen first. */
async function loaded() {
  return {
    ...(await import('../../../../relay/policy/policy.ts')),
    ...(await import('../../../support/policy.ts')),
  }
}

interface Instance {
  readonly exports: { readonly memory: { readonly buffer: ArrayBuffer } }
}

/** The memory of the module, which it does not give out: it is seen when the module is made. */
async function wasmMemory(): Promise<Instance['exports']['memory']> {
  const { WebAssembly: host } = globalThis as unknown as {
    WebAssembly: { Instance: new (...args: unknown[]) => Instance }
  }
  const { Instance } = host
  let instance: Instance | undefined
  host.Instance = new Proxy(Instance, {
    construct(target, args) {
      instance = Reflect.construct(target, args)
      return instance as Instance
    },
  })
  try {
    await import('@cedar-policy/cedar-wasm/nodejs')
  } finally {
    host.Instance = Instance
  }
  if (!instance) throw new Error('Cedar was loaded before')
  return instance.exports.memory
}
