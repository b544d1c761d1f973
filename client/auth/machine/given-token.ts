import { readFile } from 'node:fs/promises'
import { type MachineToken, machineTokenOf, noToken } from './machine-token.ts'

/** A token that the platform puts somewhere, and renews there: a projected volume of Kubernetes, a variable of GitLab. */
export type GivenToken =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'environment'; readonly name: string; readonly token: string }

/** @throws MACHINE_TOKEN_MISSING (a retry can help: the platform may be about to write it) */
export async function readGivenToken(given: GivenToken): Promise<MachineToken> {
  if (given.kind === 'environment') return machineTokenOf(given.token, given.name)
  let text: string
  try {
    text = await readFile(given.path, 'utf8')
  } catch (cause) {
    throw noToken(`${given.path} cannot be read.`, cause)
  }
  return machineTokenOf(text, given.path)
}
