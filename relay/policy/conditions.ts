import type { PolicyConditions } from '#shared/config/policy-conditions.ts'
import type { Question } from './cedar-request.ts'
import { entity, joined, namespaced, quoted, setOf } from './cedar-text.ts'
import type { ConditionKind } from './decision.ts'
import type { StepUp } from './step-up.ts'
import { noUses, type Uses } from './uses.ts'

/** One thing that has to hold, in Cedar and in plain words. */
export interface Condition {
  readonly kind: ConditionKind
  /** That it is known to hold, an expression of Cedar. Only a conf that was not read puts it in error. */
  readonly cedar: string
  /** That it holds or is not known: what is forbidden under a condition stays so where the condition is not known. */
  readonly may?: string
  /** What it reads. */
  readonly uses: Partial<Uses>
  /** What it asks for, whoever asks, behind `only` or `unless`. */
  readonly asks: string
  /** What is said when it does not hold. */
  words(question: Question): string
  /** The sign-in with which it would hold; none where that makes no difference. */
  readonly stepUp?: StepUp
}

/**
 * `when` and `unless` of the configuration, cheapest first and conf last: what is not known of it ends the evaluation.
 *
 * @param withoutConf what the condition on conf is for a request that has none
 */
export function conditionsOf(when: PolicyConditions, withoutConf: boolean): Condition[] {
  return [
    ...(when.who ? [who(when.who)] : []),
    ...(when.maxAuthenticationAgeMinutes === null
      ? []
      : [authenticationAge(when.maxAuthenticationAgeMinutes)]),
    ...(when.acr ? [authenticationContext(when.acr)] : []),
    ...(when.hours ? [hours(when.hours, when.timezone)] : []),
    ...(when.weekdays ? [weekdays(when.weekdays, when.timezone)] : []),
    ...(when.networks ? [networks(when.networks)] : []),
    ...(when.conf ? confConditions(when.conf, withoutConf) : []),
  ]
}

/** Both forms of a condition on what may not be known. */
function wereKnown(known: string, cedar: string): Pick<Condition, 'cedar' | 'may'> {
  return { cedar: `(${known} && ${cedar})`, may: `(!(${known}) || ${cedar})` }
}

/** Agents only read where a grant does not name them. */
export const agentsOnlyRead: Condition = {
  kind: 'who',
  cedar: `(!(principal is ${namespaced('Agent')}) || action in ${entity('Action', 'reads')})`,
  uses: { actionGroups: true },
  asks: 'to read, for an agent',
  words: () => 'an agent may only read here',
}

/** The same for a verb that changes something. */
export const noAgents: Condition = {
  ...agentsOnlyRead,
  cedar: `!(principal is ${namespaced('Agent')})`,
  uses: noUses,
}

/** @param until a day, which is still in, or an instant. @returns when it is over, in ms since the epoch */
export function endOf(until: string): number {
  return /^\d{4}-\d{2}-\d{2}$/.test(until) ? Date.parse(until) + 86_400_000 : Date.parse(until)
}

export function untilCondition(until: string): Condition {
  const end = endOf(until)
  return {
    kind: 'until',
    cedar: `context.time < datetime(${quoted(new Date(end).toISOString())})`,
    uses: { boundaries: [end] },
    asks: `until ${until}`,
    words: () => `it ended on ${until}`,
  }
}

function who(kinds: readonly string[]): Condition {
  const types = kinds.map((kind) => namespaced(kind.charAt(0).toUpperCase() + kind.slice(1)))
  const asks = `for a ${kinds.join(' or ')}`
  return {
    kind: 'who',
    cedar: joined(
      '||',
      types.map((type) => `principal is ${type}`),
    ),
    uses: noUses,
    asks,
    words: () => `only ${asks}`,
  }
}

function authenticationAge(minutes: number): Condition {
  const asks = `signed in at most ${duration(minutes)} ago`
  return {
    kind: 'authenticationAge',
    ...wereKnown('context has authAgeSeconds', `context.authAgeSeconds <= ${minutes * 60}`),
    uses: { authAge: true, maxAgesSeconds: [minutes * 60] },
    stepUp: { acr: null, maxAgeSeconds: minutes * 60 },
    asks,
    words: ({ principal, context }) => {
      if (principal.authTime === null) return `only ${asks}, and the provider does not say when you did`
      const age = Math.floor((context.time / 1000 - principal.authTime) / 60)
      return `only ${asks}, and you did ${duration(age)} ago`
    },
  }
}

function authenticationContext(values: readonly string[]): Condition {
  const asks = `signed in with ${values.join(' or ')}`
  return {
    kind: 'acr',
    ...wereKnown('context has acr', `${setOf(values)}.contains(context.acr)`),
    uses: { acr: true },
    stepUp: { acr: values, maxAgeSeconds: null },
    asks,
    words: ({ principal }) => {
      const { acr } = principal.authentication
      const yours = acr === null ? 'the provider does not say how you did' : `you did with ${acr}`
      return `only ${asks}, and ${yours}`
    },
  }
}

function hours(range: string, timezone: string): Condition {
  const [from = '', to = ''] = range.split('-')
  const [start, end] = [minuteOfDay(from), minuteOfDay(to)]
  const minute = `${entity('Zone', timezone)}.minuteOfDay`
  const asks = `from ${from} to ${to} ${timezone}`
  return {
    kind: 'hours',
    cedar: `(${minute} >= ${start} ${start < end ? '&&' : '||'} ${minute} < ${end})`,
    uses: { zones: [timezone] },
    asks,
    words: () => `only ${asks}`,
  }
}

function weekdays(days: readonly string[], timezone: string): Condition {
  const asks = `on ${days.join(', ')} (${timezone})`
  return {
    kind: 'weekdays',
    cedar: `${setOf(days)}.contains(${entity('Zone', timezone)}.weekday)`,
    uses: { zones: [timezone] },
    asks,
    words: () => `only ${asks}`,
  }
}

function networks(ranges: readonly string[]): Condition {
  const within = ranges.map((range) => `context.sourceIp.isInRange(ip(${quoted(range)}))`)
  const asks = `from ${ranges.join(', ')}`
  return {
    kind: 'networks',
    ...wereKnown('context has sourceIp', joined('||', within)),
    uses: { sourceIp: true },
    asks,
    words: ({ context }) => `only ${asks}, and you come from ${context.sourceIp ?? 'nowhere known'}`,
  }
}

function confConditions(conf: NonNullable<PolicyConditions['conf']>, withoutConf: boolean): Condition[] {
  const { maxBytes, keys, requiredKeys, forbiddenKeys } = conf
  const condition = (cedar: string, asks: string, words: Condition['words']): Condition => ({
    kind: 'conf',
    cedar: `(if context has conf then ${cedar} else ${withoutConf})`,
    uses: { conf: true },
    asks,
    words,
  })
  const keysOf = ({ context }: Question) => context.conf?.keys ?? []
  const all: Condition[] = []
  if (maxBytes !== null) {
    all.push(
      condition(
        `context.conf.bytes <= ${maxBytes}`,
        `with a conf of at most ${maxBytes} bytes`,
        ({ context }) => `conf has ${context.conf?.bytes ?? 0} bytes, and ${maxBytes} are allowed`,
      ),
    )
  }
  if (keys !== null) {
    all.push(
      condition(
        keys.length === 0 ? 'context.conf.keys.isEmpty()' : `${setOf(keys)}.containsAll(context.conf.keys)`,
        keys.length === 0 ? 'without a conf' : `with no other keys in conf than ${keys.join(', ')}`,
        (question) =>
          `conf has keys that are not allowed: ${listed(keysOf(question).filter((key) => !keys.includes(key)))}`,
      ),
    )
  }
  if (requiredKeys !== null) {
    all.push(
      condition(
        `context.conf.keys.containsAll(${setOf(requiredKeys)})`,
        `with ${requiredKeys.join(', ')} in conf`,
        (question) =>
          `conf lacks keys: ${listed(requiredKeys.filter((key) => !keysOf(question).includes(key)))}`,
      ),
    )
  }
  if (forbiddenKeys !== null) {
    all.push(
      condition(
        `!context.conf.keys.containsAny(${setOf(forbiddenKeys)})`,
        `without ${forbiddenKeys.join(', ')} in conf`,
        (question) =>
          `conf has keys that are forbidden: ${listed(keysOf(question).filter((key) => forbiddenKeys.includes(key)))}`,
      ),
    )
  }
  return all
}

const mostListed = 5
const mostKeyChars = 64

function listed(keys: readonly string[]): string {
  const shown = keys.slice(0, mostListed).map((key) => key.slice(0, mostKeyChars))
  return `${shown.join(', ')}${keys.length > mostListed ? ', …' : ''}`
}

function minuteOfDay(time: string): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number)
  return hour * 60 + minute
}

function duration(minutes: number): string {
  if (minutes < 120) return `${minutes} min`
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} days`
}
