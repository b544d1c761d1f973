import type { Expr, PolicyJson, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs'
import { isTimeZone } from '#shared/config/policy-conditions.ts'
import { namespaced } from './cedar-text.ts'
import { noUses, type Uses } from './uses.ts'

/** What a policy of a file reads, and what it says that could not be held to. */
export interface Analysis {
  readonly uses: Uses
  /** Groups that it speaks of. */
  readonly groups: readonly string[]
  /** In plain words. */
  readonly mistakes: readonly string[]
}

type Node = Readonly<Record<string, unknown>>

const contextUses: Readonly<Record<string, Partial<Uses>>> = {
  time: { time: true },
  sourceIp: { sourceIp: true },
  via: { via: true },
  service: { service: true },
  agent: { agent: true },
  authAgeSeconds: { authAge: true, time: true },
  acr: { acr: true },
  method: { method: true },
  reason: { reason: true },
  conf: { conf: true },
}
const optional: ReadonlySet<string> = new Set([
  'context.method',
  'context.reason',
  'context.conf',
  'principal.email',
])
const principalTypes = ['Person', 'Machine', 'Agent'].map(namespaced)

/**
 * Reads the syntax tree of a policy that is valid under the schema.
 *
 * What is not known of a request is left out of it, so that a policy that asks for it is in error: a permit does not
 * apply then, and a forbid does. What would get around that error is a mistake here.
 */
export function analyse(policy: PolicyJson): Analysis {
  const uses: { -readonly [Key in keyof Uses]: Uses[Key] } = { ...noUses, groups: true, actionGroups: true }
  const groups = new Set<string>()
  const zones = new Set<string>()
  const mistakes = new Set<string>()

  const literal = ({ type, id }: TypeAndId, inScope: boolean) => {
    if (type === namespaced('Group')) groups.add(id)
    else if (principalTypes.includes(type)) uses.principal = true
    else if (type === namespaced('Zone')) {
      if (isTimeZone(id)) zones.add(id)
      else mistakes.add(`there is no time zone ${id}`)
    } else if (type === namespaced('Run') || type === namespaced('Task')) {
      mistakes.add('a run or a task has no id to compare with; compare resource.dag, .run and .task')
    } else if (type === namespaced('Dag') && (!inScope || policy.effect === 'forbid')) {
      mistakes.add('compare resource.dag, so that it holds for requests about all DAGs as well')
    }
  }

  const visit = (node: unknown): void => {
    if (Array.isArray(node)) {
      for (const child of node) visit(child)
      return
    }
    if (typeof node !== 'object' || node === null) return
    for (const [operator, body] of Object.entries(node as Node)) visitOperator(operator, body)
  }

  const visitOperator = (operator: string, body: unknown): void => {
    const { left, attr } = (typeof body === 'object' && body !== null ? body : {}) as Node
    if (operator === 'Value') {
      for (const entity of entitiesIn(body)) literal(entity, false)
    } else if (operator === 'Var') {
      if (body === 'principal') uses.principal = true
      if (body === 'context') mistakes.add('context is used as a whole; name the member that is meant')
    } else if (operator === '.') {
      if (attr === 'tags') uses.tags = true
      if (attr === 'run' || attr === 'task') uses.run = true
      if (isVariable(left, 'context')) readContext(attr as string)
      else if (isContextConf(left)) uses.conf = true
      else visit(left)
    } else if (operator === 'has') {
      const [name, ...more] = [attr].flat() as string[]
      const variable = (left as { Var?: string }).Var
      if (variable === 'principal') uses.principal = true
      if (variable === 'context' && name !== undefined) Object.assign(uses, contextUses[name])
      if (more.length > 0 || !optional.has(`${variable}.${name}`)) {
        mistakes.add(
          `has ${[name, ...more].join('.')} is always true: what is not known makes the policy fail`,
        )
      }
    } else if ((operator === 'is' || operator === 'in') && isVariable(left, 'principal')) {
      // Groups and the kind are in every key.
      visit(operator === 'is' ? (body as Node).in : (body as Node).right)
    } else {
      visit(Array.isArray(body) ? body : Object.values(body as Node))
    }
  }

  const readContext = (name: string) => {
    if (name === 'conf') mistakes.add('context.conf is used as a whole; name the member that is meant')
    Object.assign(uses, contextUses[name])
  }

  for (const entity of [policy.principal, policy.resource].flatMap(entitiesIn)) literal(entity, true)
  for (const { body } of policy.conditions) visit(body as Expr)
  return { uses: { ...uses, zones: [...zones] }, groups: [...groups], mistakes: [...mistakes] }
}

function isVariable(node: unknown, name: string): boolean {
  return (node as { Var?: string } | undefined)?.Var === name
}

function isContextConf(node: unknown): boolean {
  const access = (node as { '.'?: { left: unknown; attr: string } } | undefined)?.['.']
  return access?.attr === 'conf' && isVariable(access.left, 'context')
}

/** Every entity that is named in a value, at any depth. */
function entitiesIn(value: unknown): TypeAndId[] {
  if (typeof value !== 'object' || value === null) return []
  const { __entity, type, id } = value as { __entity?: TypeAndId; type?: unknown; id?: unknown }
  if (__entity) return [__entity]
  if (typeof type === 'string' && typeof id === 'string') return [{ type, id }]
  return Object.values(value).flatMap(entitiesIn)
}
