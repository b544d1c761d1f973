import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import type { MachineIdentity } from '#client/auth/machine/machine-identity.ts'
import { type ControlClient, type ControlListener, dialControl } from '#client/control/control-client.ts'
import { controlSocketPath, jetwayHome } from '#client/home.ts'
import { type RunningEngine, startEngine, type TokenStoreChoice } from '#client/start-engine.ts'
import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'

/** The engine as a command uses it: the one that runs, or one that lives as long as the command. */
export interface EngineAccess {
  readonly client: ControlClient
  /** Whether this command started it. */
  readonly isOwn: boolean
  close(): Promise<void>
}

export interface TokenStoreOptions {
  readonly tokenStore?: string
  readonly passphraseFile?: string
}

/** @throws ENGINE_NOT_RUNNING */
export async function joinEngine(listener: Partial<ControlListener> = {}): Promise<EngineAccess> {
  const client = await dialControl(controlSocketPath(jetwayHome()), listener)
  return { client, isOwn: false, close: async () => client.close() }
}

/** @throws CONFIG_INVALID, TOKEN_FILE_LOCKED, USAGE */
export async function joinOrStartEngine(
  options: TokenStoreOptions,
  listener: Partial<ControlListener> = {},
): Promise<EngineAccess> {
  try {
    return await joinEngine(listener)
  } catch (error) {
    if (asJetwayError(error).code !== 'ENGINE_NOT_RUNNING') throw error
  }
  return ownEngine(await startEngine({ tokenStore: await tokenStoreOf(options) }), listener)
}

/**
 * An engine of this command's own, for a machine that says by itself who it is. It does not join one that is there: that
 * is someone else's.
 *
 * @throws ENGINE_RUNNING, CONFIG_INVALID
 */
export async function startMachineEngine(
  machine: MachineIdentity,
  listener: Partial<ControlListener>,
): Promise<EngineAccess> {
  return ownEngine(await startEngine({ tokenStore: { kind: 'memory' }, machine }), listener)
}

async function ownEngine(running: RunningEngine, listener: Partial<ControlListener>): Promise<EngineAccess> {
  const { client } = await joinEngine(listener)
  return {
    client,
    isOwn: true,
    async close() {
      client.close()
      await running.stop()
    },
  }
}

async function tokenStoreOf(options: TokenStoreOptions): Promise<TokenStoreChoice> {
  const { tokenStore = 'keychain', passphraseFile } = options
  switch (tokenStore) {
    case 'keychain':
    case 'memory':
      return { kind: tokenStore }
    case 'file':
      return { kind: 'file', passphrase: await passphraseOf(passphraseFile) }
    default:
      throw new JetwayError('USAGE', { reason: '--token-store is keychain, file or memory.' })
  }
}

/** A passphrase in argv or in the environment could be read by others. */
async function passphraseOf(file: string | undefined): Promise<string> {
  const passphrase =
    file === undefined ? await ask('Passphrase of the token file: ') : await readPassphrase(file)
  if (passphrase === '') throw new JetwayError('USAGE', { reason: 'The passphrase is empty.' })
  return passphrase
}

async function readPassphrase(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '')
  } catch (cause) {
    throw new JetwayError('USAGE', { reason: `${file} cannot be read.` }, { cause })
  }
}

async function ask(question: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new JetwayError('USAGE', { reason: 'Without a terminal, name a --passphrase-file.' })
  }
  process.stderr.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true })
  try {
    return await terminal.question('')
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}
