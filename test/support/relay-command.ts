import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

const main = join(import.meta.dirname, '../../relay/main.ts')

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs `jetway-relay` to its end. */
export function relayCommand(cwd: string, ...args: readonly string[]): Promise<Ended> {
  return relayCommandReading('', cwd, ...args)
}

/** The same with something on its standard input. */
export async function relayCommandReading(
  input: string,
  cwd: string,
  ...args: readonly string[]
): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...args], { cwd, stdio: ['pipe', 'pipe', 'pipe'] })
  // A command that reads nothing may be gone before.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number]>,
  ])
  return { code, stdout, stderr }
}
