import type { LoadedConfig } from '../config/load.ts'
import { trustChanges } from './trust-changes.ts'

/** A sentence each. */
export interface AccessChanges {
  /** What people can do that they could not. */
  readonly widens: readonly string[]
  /** What they cannot do any more. */
  readonly narrows: readonly string[]
}

/**
 * What a change of configuration does to what people can do.
 *
 * @param together groups that people have together, who are known
 */
export async function accessChanges(
  before: LoadedConfig,
  next: LoadedConfig,
  _together: readonly (readonly string[])[],
): Promise<AccessChanges> {
  return {
    widens: [...connectChanges(before, next), ...trustChanges(before, next)],
    narrows: connectChanges(next, before),
  }
}

/** Which tcp services a group reaches with `next` and not with `before`. */
function connectChanges(before: LoadedConfig, next: LoadedConfig): string[] {
  const reached = reachOf(before)
  return [...reachOf(next)].flatMap(([group, services]) => {
    const added = [...services].filter((service) => !reached.get(group)?.has(service))
    return added.length === 0 ? [] : [`${group}: tcp.connect to ${added.join(', ')}`]
  })
}

function reachOf({ policy }: LoadedConfig): Map<string, ReadonlySet<string>> {
  const reached = new Map<string, ReadonlySet<string>>()
  for (const { group, services } of policy.connect)
    reached.set(group, new Set([...(reached.get(group) ?? []), ...services]))
  return reached
}
