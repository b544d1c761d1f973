import type { PolicyConfig } from '#shared/config/policy-config.ts'
import { policiesOf } from './grants.ts'

/** In the order of their policies. */
const lists = ['grants', 'connect', 'http', 'forbid', 'requests'] as const

/** A grant or rule of the configuration. */
export interface PlacedRule {
  /** As audit and decisions name it. */
  readonly id: string
  /** Where it stands in the policy. */
  readonly path: readonly [(typeof lists)[number], number]
}

/** Every grant and rule with where it stands. */
export function placesOfRules(config: PolicyConfig): PlacedRule[] {
  const ids = policiesOf(config).map(({ id }) => id)
  const paths = lists.flatMap((list) => config[list].map((_, i) => [list, i] as const))
  return paths.map((path, i) => ({ id: ids[i] as string, path }))
}
