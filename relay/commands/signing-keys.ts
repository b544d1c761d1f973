import type { KeyringInfo } from '../oauth/keyrings.ts'
import { askRelayOf } from './ask.ts'
import { operator } from './operator.ts'
import { print, type StateOptions, when } from './state.ts'

/** The keys that a relay that runs makes itself. */
export async function listSigningKeys(o: StateOptions): Promise<void> {
  const rings = await askRelayOf(o.config, { command: 'signing-keys' })
  print(o, rings, rings.length > 0 ? rings.flatMap(linesOf) : ['This relay makes no keys itself.'])
}

/** Has others sign. */
export async function rotateSigningKeys(
  path: string | undefined,
  o: StateOptions & { now?: true },
): Promise<void> {
  const rings = await askRelayOf(o.config, {
    command: 'rotate-keys',
    path: path ?? null,
    now: o.now ?? false,
    user: operator(),
  })
  print(o, rings, rings.flatMap(linesOf))
}

const words = { next: 'will sign at', signs: 'signs since', previous: 'signed since' } as const

function linesOf({ path, keys }: KeyringInfo): string[] {
  return [path, ...keys.map(({ kid, state, signsFrom }) => `  ${kid}  ${words[state]} ${when(signsFrom)}`)]
}
