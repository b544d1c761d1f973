import { loadConfig } from '../config/load.ts'
import { openSqliteState } from '../state/sqlite.ts'
import type { State } from '../state/state.ts'

export interface StateOptions {
  readonly config: string
  readonly json?: true
}

/** Works on what the relays of a configuration share, whether one runs or not. @throws CONFIG_INVALID, STATE_UNAVAILABLE */
export async function withState<T>(
  { config }: StateOptions,
  action: (state: State) => Promise<T>,
): Promise<T> {
  const state = openSqliteState(loadConfig(config).state.file)
  try {
    return await action(state)
  } finally {
    await state.close()
  }
}

export function print({ json }: StateOptions, value: unknown, lines: readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(value)}\n` : `${lines.join('\n')}\n`)
}

export function when(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

export function now(): number {
  return Math.floor(Date.now() / 1000)
}
