import {
  type DetailedError,
  type PolicyJson,
  policySetTextToParts,
  policyToJson,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs'
import type { Verb } from '#shared/airflow/operation.ts'
import { leastRoleOfVerb, suffices } from '#shared/airflow/roles.ts'
import { type AirflowRole, airflowRoles } from '#shared/config/policy-config.ts'
import { analyse } from './analyse.ts'
import type { CompiledPolicy } from './compiled-policy.ts'
import { actionGroupsOf, cedarSchema, policyVerbs } from './schema.ts'

/** A file of `policy.cedarFiles`, read. */
export interface CedarFile {
  /** As the configuration names it. */
  readonly name: string
  readonly text: string
}

export interface CedarMistake {
  /** The place of its file in `policy.cedarFiles`. */
  readonly file: number
  /** `rules.cedar:3:7 attribute …` */
  readonly what: string
}

/** Annotations that mean something here. */
const annotations: ReadonlySet<string> = new Set(['id', 'reason', 'airflowRole', 'obligation', 'description'])

/** What the chain of handlers can see to. */
const obligations: ReadonlySet<string> = new Set(['reason'])

/** The policies of the files. Those with mistakes are left out. */
export function ownPolicies(files: readonly CedarFile[]): {
  readonly policies: readonly (CompiledPolicy & { readonly file: number })[]
  readonly mistakes: readonly CedarMistake[]
} {
  const policies: (CompiledPolicy & { file: number })[] = []
  const mistakes: CedarMistake[] = []
  files.forEach(({ name, text }, file) => {
    const at = (byte: number, what: string) =>
      mistakes.push({ file, what: `${name}:${placeOf(text, byte)} ${what}` })
    const atErrors = (errors: readonly DetailedError[]) => {
      for (const error of errors) at(error.sourceLocations?.[0]?.start ?? 0, wordsOf(error))
    }
    const parts = policySetTextToParts(text)
    if (parts.type === 'failure') {
      atErrors(parts.errors)
      return
    }
    if (parts.policy_templates.length > 0) {
      for (const template of parts.policy_templates) at(byteOf(text, template), 'templates have no use here')
      return
    }
    const checked = validate({ schema: cedarSchema(), policies: { staticPolicies: text } })
    if (checked.type === 'failure') {
      atErrors(checked.errors)
      return
    }
    const found = [...checked.validationErrors, ...checked.validationWarnings].map(({ error }) => error)
    atErrors([...found, ...checked.otherWarnings])
    if (mistakes.some((mistake) => mistake.file === file)) return
    for (const cedar of parts.policies) {
      const answer = policyToJson(cedar)
      if (answer.type === 'failure') throw new Error('a policy that was parsed cannot be parsed')
      const { policy, wrong } = compile(cedar, answer.json)
      for (const what of wrong) at(byteOf(text, cedar), what)
      policies.push({ ...policy, file })
    }
  })
  return { policies, mistakes }
}

function compile(cedar: string, json: PolicyJson): { policy: CompiledPolicy; wrong: readonly string[] } {
  const { id = '', reason, airflowRole, obligation } = json.annotations ?? {}
  const { uses, groups, mistakes } = analyse(json)
  const verbs = new Set(verbsOf(json.action))
  const obliged = obligation?.split(',').map((name) => name.trim()) ?? []
  const role = airflowRoles.find((known) => known === airflowRole)
  const wrong = [
    ...(/^[^\p{C}]{1,100}$/u.test(id) ? [] : ['needs an annotation @id("…")']),
    ...Object.keys(json.annotations ?? {})
      .filter((name) => !annotations.has(name))
      .map((name) => `@${name} means nothing here`),
    ...(airflowRole === undefined || role
      ? roleMistakes(role, verbs)
      : [`there is no role ${airflowRole} in Airflow`]),
    ...obliged
      .filter((name) => !obligations.has(name))
      .map((name) => `nothing sees to the obligation ${name}`),
    ...(json.effect === 'forbid' && obliged.length > 0 ? ['a forbid has no obligations'] : []),
    ...mistakes,
  ]
  const policy: CompiledPolicy = {
    id,
    effect: json.effect,
    cedar,
    ofVerb: () => cedar,
    group: scopeGroupOf(json.principal),
    groups,
    verbs,
    uses,
    airflowRole: role ?? null,
    obligations: obliged,
    reason: reason ?? null,
    stepUp: null,
    grant: null,
    told: null,
  }
  return { policy, wrong }
}

function roleMistakes(role: AirflowRole | undefined, verbs: ReadonlySet<Verb>): string[] {
  if (role === undefined) return []
  const beyond = [...verbs].find((verb) => !suffices(role, leastRoleOfVerb.get(verb) ?? 'viewer'))
  if (beyond === undefined) return []
  return [
    `${beyond} takes the role ${leastRoleOfVerb.get(beyond)} in Airflow, and this one has ${role} there`,
  ]
}

function verbsOf(action: PolicyJson['action']): readonly Verb[] {
  if (action.op === 'All') return policyVerbs
  const named = ('entities' in action ? action.entities : 'entity' in action ? [action.entity] : []).map(
    (uid) => ('__entity' in uid ? uid.__entity : uid).id,
  )
  return policyVerbs.filter(
    (verb) => named.includes(verb) || actionGroupsOf(verb).some((group) => named.includes(group)),
  )
}

/** The group that the head of the policy asks for. */
function scopeGroupOf(principal: PolicyJson['principal']): string | null {
  const within = principal.op === 'is' ? principal.in : principal.op === 'in' ? principal : undefined
  if (!within || !('entity' in within)) return null
  const { type, id } = '__entity' in within.entity ? within.entity.__entity : within.entity
  return type === 'Jetway::Group' ? id : null
}

function wordsOf({ message, help, sourceLocations }: DetailedError): string {
  const label = sourceLocations?.[0]?.label
  return [message.replace(/^for policy `[^`]*`, /, ''), label, help].filter(Boolean).join(', ')
}

/** `line:column`, from 1. Cedar counts in bytes of UTF-8. */
function placeOf(text: string, byte: number): string {
  const before = Buffer.from(text).subarray(0, byte).toString('utf8')
  const lines = before.split('\n')
  return `${lines.length}:${(lines.at(-1) as string).length + 1}`
}

function byteOf(text: string, part: string): number {
  return Buffer.byteLength(text.slice(0, Math.max(0, text.indexOf(part))))
}
