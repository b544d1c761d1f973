import { isDeepStrictEqual } from 'node:util'
import type { LoadedConfig } from '../config/load.ts'

/** What does not say who someone is. */
const harmless: readonly string[] = ['listen', 'publicUrl', 'clockToleranceSeconds', 'members']

/** How others come in by a balancer than did before. A sentence each. */
export function signedHeaderChanges(before: LoadedConfig, next: LoadedConfig): string[] {
  return Object.entries(next.entrances).flatMap(([name, { config, jwks }]) => {
    const at = `identity.signedHeaders.${name}`
    const old = before.entrances[name]
    if (!old) return [`${at} lets people in whom a ${config.from} signs`]
    const known: Record<string, unknown> = old.config
    const changes = Object.entries(config)
      .filter(([key, value]) => !harmless.includes(key) && !isDeepStrictEqual(value, known[key]))
      .map(([key]) => `${at}.${key} decides who people are, and is another one`)
    if (!isDeepStrictEqual(jwks, old.jwks)) changes.push(`${at}.jwksFile has other keys`)
    for (const [group, people] of Object.entries(config.members)) {
      const added = people.filter((who) => !old.config.members[group]?.includes(who))
      if (added.length > 0) changes.push(`${at}.members puts ${added.join(', ')} into ${group}`)
    }
    if (config.clockToleranceSeconds > old.config.clockToleranceSeconds)
      changes.push(`${at}.clockToleranceSeconds lets tokens live longer`)
    return changes
  })
}
