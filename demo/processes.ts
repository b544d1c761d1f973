import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

export interface StartOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  /** Where stdout and stderr go. */
  readonly logFile: string
  /** Called for each line of stdout, which then is not in the log file. */
  readonly onLine?: (line: string) => void
}

/** A command and its arguments from others. */
export type Inside = (
  command: string,
  args: readonly string[],
) => readonly [command: string, args: readonly string[]]

const stopMs = 8000

/** Child processes, each leading a group of its own, so that nothing that they start is left behind. */
export class Processes {
  readonly #running = new Map<ChildProcess, string>()
  #stopping = false
  #failed: (error: Error) => void = () => {}
  /** Rejects when a child ends that was not told to. */
  readonly failure = new Promise<never>((_, reject) => {
    this.#failed = reject
  })

  readonly #inside: Inside

  /** @param inside turns each command into the one that is run, e.g. in a network namespace */
  constructor(inside: Inside = (command, args) => [command, args]) {
    this.#inside = inside
    this.failure.catch(() => {})
  }

  start(name: string, command: string, args: readonly string[], options: StartOptions): ChildProcess {
    const log = createWriteStream(options.logFile, { flags: 'a' })
    const child = spawn(...this.#inside(command, args), {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    this.#running.set(child, name)
    const stdout = child.stdout as Readable
    if (options.onLine) createInterface({ input: stdout }).on('line', options.onLine)
    else stdout.pipe(log, { end: false })
    child.stderr?.pipe(log, { end: false })
    child.once('error', (error) => this.#failed(error))
    child.once('exit', (code, signal) => {
      if (!this.#stopping && this.#running.delete(child)) {
        this.#failed(new Error(`${name} ended with ${code ?? signal}. Its log: ${options.logFile}`))
      }
    })
    return child
  }

  /** Lets a child end without that being a failure. */
  release(child: ChildProcess): void {
    this.#running.delete(child)
  }

  /** Last started, first stopped: SIGTERM to each group, and SIGKILL to what is left of it. */
  async stopAll(): Promise<void> {
    this.#stopping = true
    for (const child of [...this.#running.keys()].reverse()) await stopGroup(child)
    this.#running.clear()
  }
}

async function stopGroup(child: ChildProcess): Promise<void> {
  const { pid } = child
  if (pid === undefined) return
  const exited =
    child.exitCode === null && child.signalCode === null ? once(child, 'exit') : Promise.resolve()
  signalGroup(pid, 'SIGTERM')
  const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), stopMs)
  await exited
  clearTimeout(timer)
  signalGroup(pid, 'SIGKILL')
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal)
  } catch {
    // Nobody is left in the group.
  }
}
