import { say } from '../../build/setup/steps.ts'
import { swapUnderLoad } from '../support/swap/run.ts'

/** A swap each second under load: what fails, what is mixed, what is left, and what people notice of it. */
export async function swap(seconds: number): Promise<object> {
  const run = await swapUnderLoad(seconds)
  const times = run.answers.filter(({ kind }) => kind !== 'slow').map(({ ms }) => ms)
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] as number
  const figures = {
    swaps: run.swapMs.length,
    reloadMs: [...run.swapMs].sort((a, b) => a - b)[run.swapMs.length >> 1] as number,
    requests: run.answers.length,
    perSecond: run.answers.length / run.seconds,
    p50: at(0.5),
    p99: at(0.99),
    worst: at(1),
    failed: run.failed.length,
    mixed: run.mixed.length,
    notOnce: run.notOnce.length,
    generationsLeft: run.after.generations - 1,
    heapGrowthBytes: run.after.heapBytes - run.before.heapBytes,
    resources: { before: run.before.resources, after: run.after.resources },
    upstreamConnections: run.upstreamConnections,
  }
  say(`
${figures.swaps} swaps, a reload takes ${figures.reloadMs.toFixed(0)} ms
  requests           ${figures.requests}, ${figures.perSecond.toFixed(0)}/s, p50 ${figures.p50.toFixed(1)} ms, p99 ${figures.p99.toFixed(1)} ms, worst ${figures.worst.toFixed(0)} ms
  failed             ${figures.failed}
  mixed              ${figures.mixed}
  not exactly once   ${figures.notOnce}
  generations left   ${figures.generationsLeft}
  heap               ${(figures.heapGrowthBytes / 1e6).toFixed(1)} MB more than before the first`)
  return figures
}
