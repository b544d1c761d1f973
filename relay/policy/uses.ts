/** What a policy reads of a request beyond groups, kind of principal, verb and DAG: decisions are kept by no more. */
export interface Uses {
  /** Who it is, not only what they belong to. */
  readonly principal: boolean
  /** Which run or task of a DAG. */
  readonly run: boolean
  readonly tags: boolean
  /** Which groups they are in: of a policy out of the configuration the slice has seen to that. */
  readonly groups: boolean
  /** Which groups of actions the verb is in. */
  readonly actionGroups: boolean
  readonly agent: boolean
  readonly sourceIp: boolean
  readonly via: boolean
  readonly service: boolean
  readonly method: boolean
  readonly reason: boolean
  readonly authAge: boolean
  readonly acr: boolean
  readonly conf: boolean
  /** Time as such, so that no decision is kept for long. */
  readonly time: boolean
  /** Instants at which it changes, in ms since the epoch. */
  readonly boundaries: readonly number[]
  /** Ages of a sign-in at which it changes. */
  readonly maxAgesSeconds: readonly number[]
  readonly zones: readonly string[]
}

export const noUses: Uses = Object.freeze({
  principal: false,
  run: false,
  tags: false,
  groups: false,
  actionGroups: false,
  agent: false,
  sourceIp: false,
  via: false,
  service: false,
  method: false,
  reason: false,
  authAge: false,
  acr: false,
  conf: false,
  time: false,
  boundaries: [],
  maxAgesSeconds: [],
  zones: [],
})

export function unionOf(all: readonly Partial<Uses>[]): Uses {
  const any = (key: keyof Uses) => all.some((uses) => uses[key] === true)
  const every = <T>(of: (uses: Partial<Uses>) => readonly T[] | undefined): T[] => [
    ...new Set(all.flatMap((uses) => of(uses) ?? [])),
  ]
  return {
    principal: any('principal'),
    run: any('run'),
    tags: any('tags'),
    groups: any('groups'),
    actionGroups: any('actionGroups'),
    agent: any('agent'),
    sourceIp: any('sourceIp'),
    via: any('via'),
    service: any('service'),
    method: any('method'),
    reason: any('reason'),
    authAge: any('authAge'),
    acr: any('acr'),
    conf: any('conf'),
    time: any('time'),
    boundaries: every(({ boundaries }) => boundaries),
    maxAgesSeconds: every(({ maxAgesSeconds }) => maxAgesSeconds),
    zones: every(({ zones }) => zones),
  }
}
