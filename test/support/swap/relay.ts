/**
 * `node --expose-gc relay.ts <folder>`, forked: a relay that swaps between the configurations `<name>.yaml` of a folder
 * as it is told, and says what is left of those before.
 */
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { pino } from 'pino'
import { openAuditLog } from '../../../relay/audit/audit-log.ts'
import { type LoadedConfig, loadConfig } from '../../../relay/config/load.ts'
import { startRelay } from '../../../relay/relay.ts'
import { eventually } from '../eventually.ts'

/** To be asked with; each is answered by what {@link Answers} has under the same name. */
type Order = { readonly swap: string } | { readonly report: true }

export interface Answers {
  readonly swap: { readonly generation: string; readonly ms: number }
  readonly report: Remains
}

export interface Remains {
  /** Generations that the garbage collector found no reason to let go, the one at work included. */
  readonly generations: number
  /** What keeps the process alive, by kind. */
  readonly resources: Readonly<Record<string, number>>
  readonly heapBytes: number
}

const collect = globalThis.gc as () => void
const [folder] = process.argv.slice(2) as [string]
const configs: WeakRef<LoadedConfig>[] = []
let heldAtFirst: Remains['resources'] | null = null
/** Every generation holds its configuration: where this is gone, so is that. */
const load = (name: string): LoadedConfig => {
  const config = loadConfig(join(folder, `${name}.yaml`))
  configs.push(new WeakRef(config))
  return config
}

const log = pino({ level: 'warn' }, pino.destination({ fd: 2, sync: false }))
const auditLog = await openAuditLog(load('a').audit, (error) => log.error(error))
const relay = await startRelay(load('a'), auditLog, log)
const by = { via: 'signal', user: null } as const

process.on('message', (order: Order) => void obey(order).then((answer) => process.send?.(answer)))
process.send?.({ url: relay.url })

async function obey(order: Order): Promise<Answers['swap'] | Answers['report']> {
  if ('report' in order) return report()
  const started = performance.now()
  const how = { by, allowWidening: true, dryRun: false }
  const { after } = await relay.reload({ load: () => load(order.swap), ...how })
  return { generation: after, ms: performance.now() - started }
}

async function report(): Promise<Remains> {
  await auditLog.flush()
  let whileWaiting: Remains['resources'] = {}
  const isAlone = async () => {
    whileWaiting = held()
    const first = heldAtFirst ?? whileWaiting
    // A timer may be about to find that nothing is left to do.
    const isNoMore = Object.entries(whileWaiting).every(([name, count]) => count <= (first[name] ?? 0))
    return isNoMore && relay.status().retired.length === 0 && (await alive()) === 1
  }
  await eventually('the generations before are gone', isAlone, 10_000).catch(() => {})
  heldAtFirst ??= whileWaiting
  return {
    generations: await alive(),
    resources: whileWaiting,
    heapBytes: process.memoryUsage().heapUsed,
  }
}

function held(): Remains['resources'] {
  const resources: Record<string, number> = {}
  const names = process.getActiveResourcesInfo()
  // What is asked of the system at this very moment is held by nobody.
  for (const name of names.filter((name) => !/Req(Callback|Wrap)$/.test(name)))
    resources[name] = (resources[name] ?? 0) + 1
  return resources
}

async function alive(): Promise<number> {
  // What was looked at lives to the end of its turn.
  for (let i = 0; i < 3; i += 1) {
    await turn()
    collect()
  }
  return configs.filter((config) => config.deref() !== undefined).length
}
