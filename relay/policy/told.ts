import { type Condition, endOf } from './conditions.ts'

/** A grant or a rule of the configuration as it reads to someone whom it is for, before they ask for anything. */
export interface Told {
  /** Of a grant: the role's name, or what else it gives; null of a rule. */
  readonly role: string | null
  /** As patterns; empty where it is not about DAGs. */
  readonly dags: readonly string[]
  readonly tags: readonly string[] | null
  /** When it ends, in ms since the epoch; null for never. */
  readonly until: number | null
  /** In words; every one has to hold. */
  readonly conditions: readonly string[]
}

export function endsAt({ until }: { readonly until: string | null }): number | null {
  return until === null ? null : endOf(until)
}

export function onlyWhere(conditions: readonly Condition[]): string[] {
  return conditions.map(({ asks }) => `only ${asks}`)
}

/** All of them together lift a rule, so they are said together. */
export function unlessWhere(conditions: readonly Condition[]): string[] {
  return conditions.length === 0 ? [] : [`unless ${conditions.map(({ asks }) => asks).join(' and ')}`]
}
