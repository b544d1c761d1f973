import type { RelayStatus } from '../status.ts'
import { askRelayOf } from './ask.ts'

/** Says what a relay does that runs. */
export async function status({ config, json }: { config: string; json: boolean }): Promise<void> {
  const result = await askRelayOf(config, { command: 'status' })
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : wordsOf(result))
}

function wordsOf(o: RelayStatus): string {
  const { generation, lastReload } = o
  const lines = [
    `jetway-relay ${o.version}, process ${o.pid}, since ${o.startedAt}`,
    `generation ${generation.id} since ${generation.since}, ${generation.inFlight} in flight`,
    ...o.retired.map(({ id, inFlight }) => `  before it ${id}, ${inFlight} in flight`),
    `sessions ${o.sessions}`,
    lastReload === null ? 'not reloaded so far' : reloadWords(lastReload),
  ]
  return `${lines.join('\n')}\n`
}

function reloadWords({ time, by, swap, error }: NonNullable<RelayStatus['lastReload']>): string {
  const asker = by.user === null ? by.via : `${by.via} of ${by.user}`
  const ended = error === null ? `${swap.before} → ${swap.after}` : `refused: ${error.detail}`
  return `last reload ${time}, by ${asker}: ${ended}`
}
