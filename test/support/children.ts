import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'

/** Child processes of a test, ended by their own pid in the reverse order of their start. */
export class Children {
  readonly #running: ChildProcess[] = []
  readonly #identity: Pick<SpawnOptions, 'uid' | 'gid'>

  /** @param uid whose they are; root alone can give them to another */
  constructor(uid?: number) {
    this.#identity = uid === undefined ? {} : { uid, gid: uid }
  }

  start(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    const child = spawn(command, args, { ...options, ...this.#identity })
    this.#running.push(child)
    return child
  }

  /** SIGTERM, and SIGKILL for what is still there after two seconds. */
  async stopAll(): Promise<void> {
    for (const child of this.#running.reverse()) await stop(child)
    this.#running.length = 0
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 2_000)
  await exited
  clearTimeout(timer)
}
