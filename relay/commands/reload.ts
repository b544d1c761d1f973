import type { ReloadResult } from '../reload/reloader.ts'
import { askRelayOf } from './ask.ts'
import { operator } from './operator.ts'

/** Has a relay that runs read its configuration anew. */
export async function reload(o: {
  config: string
  allowWidening: boolean
  dryRun: boolean
  json: boolean
}): Promise<void> {
  const result = await askRelayOf(o.config, {
    command: 'reload',
    allowWidening: o.allowWidening,
    dryRun: o.dryRun,
    user: operator(),
  })
  process.stdout.write(o.json ? `${JSON.stringify(result)}\n` : wordsOf(result))
}

function wordsOf({ before, after, swapped, widens, narrows, warnings }: ReloadResult): string {
  const lines = [
    swapped ? `Swapped: ${before} → ${after}` : `Would be swapped: ${before} → ${after}`,
    ...widens.map((what) => `  widens: ${what}`),
    ...narrows.map((what) => `  narrows: ${what}`),
    ...(widens.length + narrows.length === 0 ? ['  nobody’s access changes'] : []),
    ...warnings.map((what) => `  warning: ${what}`),
  ]
  return `${lines.join('\n')}\n`
}
