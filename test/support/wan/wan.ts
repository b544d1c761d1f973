import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { once as onceInCache } from '../../../build/setup/cache.ts'
import { run } from '../../../build/setup/run.ts'
import { ensureSystemPackages } from '../../../build/setup/system-packages.ts'
import { type Doorway, openDoorway } from './doorway.ts'

/** The two ends of the link: the developer's machine, and the company's network. */
export type Side = 'near' | 'far'

/** A command and its arguments, as `spawn` takes them. */
type CommandLine = readonly [command: string, args: string[]]

interface LinkSettings {
  /** Round trip, in milliseconds. */
  readonly rttMs?: number
  /** Rate of each direction, in Mbit/s; null for as fast as it goes. */
  readonly mbit?: number | null
  /** Packets lost at random in each direction, in percent. */
  readonly lossPercent?: number
}

export interface Wan {
  /** The present IPv4 address of each side, which the other reaches over the link. */
  readonly addresses: Readonly<Record<Side, string>>
  /** How to start a program on a side; it keeps the pid that it is started with. */
  inNamespace(side: Side, command: string, args: readonly string[]): CommandLine
  /** Sets what is given and leaves the rest. A new link is at once, without a limit and without loss. */
  set(settings: LinkSettings): Promise<void>
  /** A black hole: what is on its way and what comes is lost, and nobody is told. */
  down(): Promise<void>
  up(): Promise<void>
  /** Resets every TCP connection over the link, at both ends. Loopback connections of a side stay. */
  cutConnections(): Promise<void>
  /**
   * The near side is on another network: it has another address, and what it has open over the link is dead, of which
   * nobody is told. Each time it is the other one of two.
   */
  move(): Promise<void>
  /** Lets both sides reach what listens on this port of 127.0.0.1 outside, at the same address and without the link. */
  publish(port: number): Promise<void>
  /** Ends the link. Namespaces go with the last process in them, so that nothing has to be cleaned up. */
  stop(): Promise<void>
}

const [nearAddress, farAddress, otherNearAddress] = ['10.99.0.1', '10.99.0.2', '10.99.0.3']
const sides = ['near', 'far'] as const

/**
 * Starts a link between two network namespaces of their own.
 *
 * @throws Error where this is not Linux as root, or where packages are missing
 */
export async function startWan(): Promise<Wan> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    throw new Error('A wide-area link between namespaces needs Linux and root.')
  await ensureSystemPackages(['wan'])
  // Its stdin ends with this process, and it with its stdin.
  const link = spawn(await compiled(), [nearAddress, farAddress], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const { ready, tell } = conversation(link)
  const namespaces = await ready
  const addresses = { near: nearAddress, far: farAddress }
  const doorways: Doorway[] = []
  const inNamespace: Wan['inNamespace'] = (side, command, args) => [
    'nsenter',
    [`--net=${namespaces[side]}`, command, ...args],
  ]
  return {
    addresses,
    inNamespace,
    async set({ rttMs, mbit, lossPercent }) {
      if (rttMs !== undefined) await tell(`rtt ${rttMs}`)
      if (mbit !== undefined) await tell(`rate ${mbit ?? 0}`)
      if (lossPercent !== undefined) await tell(`loss ${lossPercent}`)
    },
    down: () => tell('down'),
    up: () => tell('up'),
    async cutConnections() {
      const cut = (side: Side, peer: Side) =>
        run(...inNamespace(side, 'ss', ['-K', '-t', '-H', 'dst', addresses[peer]]))
      await Promise.all([cut('near', 'far'), cut('far', 'near')])
    },
    async move() {
      addresses.near = addresses.near === nearAddress ? otherNearAddress : nearAddress
      const script = `ip address flush dev wan && ip address add ${addresses.near}/24 dev wan`
      await run(...inNamespace('near', 'sh', ['-c', script]))
    },
    async publish(port) {
      for (const side of sides)
        doorways.push(await openDoorway(port, (...line) => inNamespace(side, ...line)))
    },
    async stop() {
      for (const doorway of doorways) doorway.close()
      if (link.exitCode !== null || link.signalCode !== null) return
      const exited = once(link, 'exit')
      link.kill()
      await exited
    },
  }
}

/** One command at a time, each answered by one line. */
function conversation(link: ChildProcess): {
  ready: Promise<Readonly<Record<Side, string>>>
  tell(command: string): Promise<void>
} {
  const lines = createInterface({ input: link.stdout as Readable })[Symbol.asyncIterator]()
  let last: Promise<unknown> = Promise.resolve()
  const next = (write: string): Promise<string> => {
    const answer = last.then(async () => {
      if (write !== '') (link.stdin as Writable).write(`${write}\n`)
      const { value, done } = await lines.next()
      if (done) throw new Error('the link has ended')
      return value
    })
    last = answer.catch(() => {})
    return answer
  }
  return {
    ready: next('').then((line) => {
      const [, near, far] = /^ready (\d+) (\d+)$/.exec(line) ?? []
      if (near === undefined || far === undefined) throw new Error(`the link says: ${line}`)
      return { near: `/proc/${link.pid}/fd/${near}`, far: `/proc/${link.pid}/fd/${far}` }
    }),
    async tell(command) {
      const answer = await next(command)
      if (answer !== 'ok') throw new Error(`the link says to ${command}: ${answer}`)
    },
  }
}

/** @returns the path of the program, compiled where this source was not yet */
async function compiled(): Promise<string> {
  const source = join(import.meta.dirname, 'wan.c')
  const hash = createHash('sha256')
    .update(await readFile(source))
    .digest('hex')
  const folder = await onceInCache(`wan-${hash.slice(0, 12)}`, async (folder) => {
    await run('gcc', ['-O2', '-Wall', '-Wextra', '-std=gnu17', '-o', join(folder, 'wan'), source])
  })
  return join(folder, 'wan')
}
