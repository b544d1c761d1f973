import { join } from 'node:path'
import { utilityProcess } from 'electron'
import type { EngineProcess } from './link.ts'

/** Starts the engine bundle in a utility process. It says `ready` once its control socket listens. */
export function spawnEngine(): EngineProcess {
  const child = utilityProcess.fork(join(import.meta.dirname, 'engine.js'), [], {
    serviceName: 'Jetway engine',
    stdio: 'inherit',
    // As jetway and jetway-relay: docs/performance.md
    execArgv: ['--js-flags=--max-semi-space-size=2'],
  })
  const exited = new Promise<number>((resolve) => child.once('exit', resolve))
  const listening = new Promise<void>((resolve) => child.once('message', () => resolve()))
  return {
    exited,
    ready: Promise.race([listening, exited.then(() => undefined)]),
    kill: () => {
      child.kill()
    },
  }
}
