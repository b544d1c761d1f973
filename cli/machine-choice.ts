import type { MachineIdentity } from '#client/auth/machine/machine-identity.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'

export interface MachineOptions {
  /** As the job of GitHub Actions that this is. */
  readonly ci?: true
  readonly audience?: string
  readonly tokenFile?: string
  readonly accessKeyFile?: string
}

/** What may say who this machine is besides options; nothing of it goes to what `jetway run` starts. */
export const machineVariables = [
  'JETWAY_TOKEN',
  'JETWAY_TOKEN_FILE',
  'JETWAY_ACCESS_KEY',
  'JETWAY_ACCESS_KEY_FILE',
] as const

/**
 * What this machine has to say who it is: as an option says, else as the environment does; null where a person signs in.
 * A secret is never an argument, which others could read.
 *
 * @throws USAGE when there are several, or not what there has to be
 */
export function machineOf(
  options: MachineOptions,
  env: NodeJS.ProcessEnv = process.env,
): MachineIdentity | null {
  const wanted = optionsOf(options, env)
  const found = wanted.length > 0 ? wanted : variablesOf(env)
  if (found.length > 1)
    throw usage('One of --ci, --token-file and --access-key-file (or of their variables) says who this is.')
  if (options.audience !== undefined && found[0]?.kind !== 'github') throw usage('--audience goes with --ci.')
  return found[0] ?? null
}

function optionsOf(o: MachineOptions, env: NodeJS.ProcessEnv): MachineIdentity[] {
  return [
    ...(o.ci ? [githubOf(env, o.audience ?? null)] : []),
    ...(o.tokenFile === undefined ? [] : [{ kind: 'file', path: o.tokenFile } as const]),
    ...(o.accessKeyFile === undefined
      ? []
      : [{ kind: 'access-key', keptIn: { file: o.accessKeyFile } } as const]),
  ]
}

function variablesOf(env: NodeJS.ProcessEnv): MachineIdentity[] {
  const { JETWAY_TOKEN, JETWAY_TOKEN_FILE, JETWAY_ACCESS_KEY, JETWAY_ACCESS_KEY_FILE } = env
  return [
    ...(JETWAY_TOKEN ? [{ kind: 'environment', name: 'JETWAY_TOKEN', token: JETWAY_TOKEN } as const] : []),
    ...(JETWAY_TOKEN_FILE ? [{ kind: 'file', path: JETWAY_TOKEN_FILE } as const] : []),
    ...(JETWAY_ACCESS_KEY ? [{ kind: 'access-key', keptIn: { key: JETWAY_ACCESS_KEY } } as const] : []),
    ...(JETWAY_ACCESS_KEY_FILE
      ? [{ kind: 'access-key', keptIn: { file: JETWAY_ACCESS_KEY_FILE } } as const]
      : []),
  ]
}

function githubOf(env: NodeJS.ProcessEnv, audience: string | null): MachineIdentity {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = env
  if (!url || !token)
    throw usage(
      'This is no job of GitHub Actions with `permissions: { id-token: write }`. Elsewhere the token is in JETWAY_TOKEN or JETWAY_TOKEN_FILE.',
    )
  return { kind: 'github', url, token, audience }
}

function usage(reason: string): JetwayError {
  return new JetwayError('USAGE', { reason })
}
