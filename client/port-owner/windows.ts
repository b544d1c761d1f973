import { win32 } from 'node:path'
import { outputOf } from './output-of.ts'
import type { PortOwner } from './port-owner.ts'

/** The program that listens on a port, as netstat and tasklist say; null where it cannot be known. */
export async function ownerOnWindows(port: number): Promise<PortOwner | null> {
  const pid = readNetstat(await outputOf(inSystem('netstat.exe'), ['-ano', '-p', 'TCP']), port)
  if (pid === null) return null
  const tasks = await outputOf(inSystem('tasklist.exe'), ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH'])
  const program = readTasklist(tasks)
  return program === null ? null : { program, pid }
}

/** Not what stands first in PATH. */
function inSystem(program: string): string {
  return win32.join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', program)
}

/** Lines are `TCP  local  remote  state  pid`. The state is in the system's language; who listens has no remote port. */
export function readNetstat(output: string, port: number): number | null {
  for (const line of output.split(/\r?\n/)) {
    const [, local, remote, pid] = /^\s*TCP\s+(\S+)\s+(\S+)\s+\S.*?\s(\d+)\s*$/.exec(line) ?? []
    if (local?.endsWith(`:${port}`) && remote?.endsWith(':0')) return Number(pid)
  }
  return null
}

/** The first line is `"name","pid",…`; without such a process it is a sentence. */
export function readTasklist(output: string): string | null {
  return /^\s*"([^"]+)","\d+"/.exec(output)?.[1] ?? null
}
