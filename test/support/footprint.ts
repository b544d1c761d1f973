/** What processes take of a machine, from Linux's /proc. */
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

export interface ProcessFootprint {
  readonly pid: number
  /** `browser` for Electron's first one, Chromium's `--type` for its others, else the program's name. */
  readonly kind: string
  /** Of one core. */
  readonly cpuPercent: number
  /** Its own, and its part of what it shares (PSS). */
  readonly memoryMb: number
  /** How often it was woken up: voluntary context switches of all its threads, a second. */
  readonly wakeupsPerSecond: number
}

/** Linux counts in these, on every machine that it runs on today. */
const ticksPerSecond = 100

/** Looks at a process and all that descend from it for `seconds`; those that come or go meanwhile are left out. */
export async function footprintOf(root: number, seconds: number): Promise<ProcessFootprint[]> {
  const before = new Map((await lookAt(await familyOf(root))).map((look) => [look.pid, look]))
  const startedMs = performance.now()
  await sleep(seconds * 1000)
  const after = await lookAt([...before.keys()])
  const tookSeconds = (performance.now() - startedMs) / 1000
  return Promise.all(
    after.map(async ({ pid, kind, ticks, switches }) => {
      const then = before.get(pid) as Look
      return {
        pid,
        kind,
        cpuPercent: ((ticks - then.ticks) / ticksPerSecond / tookSeconds) * 100,
        memoryMb: await memoryOf(pid),
        wakeupsPerSecond: (switches - then.switches) / tookSeconds,
      }
    }),
  )
}

/** Of several looks at the same processes, for each of them what lies in the middle. */
export function medianFootprint(looks: readonly (readonly ProcessFootprint[])[]): ProcessFootprint[] {
  const [first = []] = looks
  return first.map((one) => {
    const all = looks.flatMap((look) => look.filter(({ pid }) => pid === one.pid))
    const median = (of: (look: ProcessFootprint) => number) =>
      all.map(of).sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0
    return {
      ...one,
      cpuPercent: median((look) => look.cpuPercent),
      memoryMb: median((look) => look.memoryMb),
      wakeupsPerSecond: median((look) => look.wakeupsPerSecond),
    }
  })
}

/** One line for each process, and their sum. */
export function footprintTable(title: string, processes: readonly ProcessFootprint[]): string {
  const sum = (of: (one: ProcessFootprint) => number) => processes.reduce((all, one) => all + of(one), 0)
  const line = (name: string, cpu: number, memory: number, wakeups: number) =>
    `  ${name.padEnd(20)} ${cpu.toFixed(2).padStart(6)} % ${memory.toFixed(0).padStart(5)} MB ${wakeups.toFixed(0).padStart(5)} wake-ups/s`
  return [
    title,
    ...processes.map((one) => line(one.kind, one.cpuPercent, one.memoryMb, one.wakeupsPerSecond)),
    line(
      'all',
      sum((one) => one.cpuPercent),
      sum((one) => one.memoryMb),
      sum((one) => one.wakeupsPerSecond),
    ),
  ].join('\n')
}

/** The kinds of the processes that run, the first one's included. */
export async function kindsOf(root: number): Promise<string[]> {
  return (await lookAt(await familyOf(root))).map(({ kind }) => kind)
}

interface Look {
  readonly pid: number
  readonly kind: string
  readonly ticks: number
  readonly switches: number
}

async function familyOf(root: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const parents = new Map(await Promise.all(pids.map(async (pid) => [pid, await parentOf(pid)] as const)))
  const isOurs = (pid: number | null | undefined): boolean =>
    pid === root || (pid != null && pid > 1 && isOurs(parents.get(pid)))
  return pids.filter(isOurs)
}

async function lookAt(pids: readonly number[]): Promise<Look[]> {
  const looks = await Promise.all(pids.map((pid) => look(pid).catch(() => null)))
  return looks.filter((one) => one !== null)
}

async function look(pid: number): Promise<Look> {
  const [words, command] = [await statOf(pid), await readFile(`/proc/${pid}/cmdline`, 'utf8')]
  const [, type] = /--type=([\w-]+)/.exec(command) ?? []
  const [, utility] = /--utility-sub-type=[\w.]*?(\w+)Service\b/.exec(command) ?? []
  const program = command.split('\0')[0]?.split('/').at(-1) ?? ''
  return {
    pid,
    kind: utility ?? type ?? (program === 'electron' ? 'browser' : program),
    // Fields 14 and 15 of proc(5), utime and stime, of those that follow the name.
    ticks: Number(words[11]) + Number(words[12]),
    switches: await switchesOf(pid),
  }
}

async function parentOf(pid: number): Promise<number | null> {
  return statOf(pid).then(
    (words) => Number(words[1]),
    () => null,
  )
}

/** From the third field on: the second one is a name, which may have blanks and brackets in it. */
async function statOf(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

async function switchesOf(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`)
  const counts = await Promise.all(
    threads.map(async (thread) => {
      const status = await readFile(`/proc/${pid}/task/${thread}/status`, 'utf8').catch(() => '')
      return Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1] ?? 0)
    }),
  )
  return counts.reduce((all, one) => all + one, 0)
}

async function memoryOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  return Number(/^Pss:\s*(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024
}
