import { readdirSync, readFileSync } from 'node:fs'
import { run } from '../../build/setup/run.ts'

/** Of who listens on a port. */
export async function pidOf(port: number): Promise<number> {
  const [, pid] = /pid=(\d+)/.exec(await run('ss', ['-Hltnp', `sport = :${port}`])) ?? []
  if (pid === undefined) throw new Error(`nobody is known to listen on port ${port}`)
  return Number(pid)
}

export function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

/** Of all threads, in milliseconds. */
export function cpuMs(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`)
  const nanoseconds = (task: string) =>
    Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ', 1)[0])
  return tasks.reduce((sum, task) => sum + nanoseconds(task), 0) / 1e6
}
