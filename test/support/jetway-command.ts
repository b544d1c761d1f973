import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

const main = join(import.meta.dirname, '../../cli/main.ts')

/** `jetway` as a process of its own, with `--json`. */
export interface JetwayRun {
  readonly child: ChildProcess
  /** The next line of its output that is about `event`. */
  next(event: string): Promise<Record<string, unknown>>
  /** Its exit code, once it has ended. */
  exit(): Promise<number | null>
}

/**
 * @param args the command and what follows it
 * @param o.program what runs it: an executable and its first arguments
 */
export function startJetway(
  args: readonly string[],
  o: { home: string; program?: readonly string[]; env?: Record<string, string> },
): JetwayRun {
  const [executable = '', ...first] = o.program ?? [process.execPath, main]
  const [command = '', ...others] = args
  const child = spawn(executable, [...first, command, '--json', ...others], {
    env: { ...process.env, ...o.env, JETWAY_HOME: o.home },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
  return {
    child,
    async next(event) {
      const before: string[] = []
      for (;;) {
        const { value, done } = await lines.next()
        if (done) throw new Error(`it ended without ${event}: ${before.join('\n')}`)
        before.push(value)
        const said = JSON.parse(value) as Record<string, unknown>
        if (said.event === event) return said
      }
    },
    async exit() {
      return child.exitCode ?? ((await once(child, 'exit'))[0] as number | null)
    },
  }
}

/** `jetway` as a process of its own, to its end, as a person reads it. */
export async function runJetway(
  args: readonly string[],
  o: { home: string; env?: Record<string, string> },
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, ...o.env, JETWAY_HOME: o.home },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  return { code, stdout, stderr }
}
