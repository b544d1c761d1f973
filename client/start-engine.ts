import { join } from 'node:path'
import { asJetwayError } from '#shared/errors/jetway-error.ts'
import { openKeychain } from './auth/keychain.ts'
import type { MachineIdentity } from './auth/machine/machine-identity.ts'
import { openTokenFile } from './auth/token-file.ts'
import { memoryStore, type TokenStore } from './auth/token-store.ts'
import { serveControl } from './control/control-server.ts'
import { Engine } from './engine/engine.ts'
import { controlSocketPath, jetwayHome, makeHome } from './home.ts'

export type TokenStoreChoice =
  | { readonly kind: 'keychain' | 'memory' }
  | { readonly kind: 'file'; readonly passphrase: string }

export interface RunningEngine {
  /** Settles when it has stopped. */
  readonly stopped: Promise<void>
  /** Says goodbye to relays, frees ports and socket. Safe to call twice. */
  stop(): Promise<void>
}

/**
 * Starts the one engine of this person, with its control socket.
 *
 * @throws ENGINE_RUNNING, CONFIG_INVALID, TOKEN_FILE_LOCKED
 */
export async function startEngine(o: {
  tokenStore: TokenStoreChoice
  /** What this machine has to say who it is; a person signs in where it is not given. */
  machine?: MachineIdentity
  home?: string
}): Promise<RunningEngine> {
  const home = o.home ?? jetwayHome()
  makeHome(home)
  const engine = await Engine.start(home, await openStore(o.tokenStore, home), o.machine)
  let stopping: Promise<void> | null = null
  let ended: () => void
  const stopped = new Promise<void>((resolve) => {
    ended = resolve
  })
  const stop = () => {
    stopping ??= (async () => {
      await engine.stop()
      await control.close()
      ended()
    })()
    return stopping
  }
  const control = await serveControl({
    engine,
    path: controlSocketPath(home),
    shutdown: () => void stop(),
  }).catch(async (error: unknown) => {
    await engine.stop()
    throw asJetwayError(error)
  })
  return { stopped, stop }
}

async function openStore(choice: TokenStoreChoice, home: string): Promise<TokenStore> {
  switch (choice.kind) {
    case 'keychain':
      return openKeychain(home)
    case 'memory':
      return memoryStore(null)
    case 'file':
      return openTokenFile(join(home, 'tokens.json'), choice.passphrase)
  }
}
