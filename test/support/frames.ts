import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'

/** How many pictures a page draws in that time. */
export async function framesOf(page: Page, seconds: number): Promise<number> {
  const session = await page.context().newCDPSession(page)
  const names: string[] = []
  session.on('Tracing.dataCollected', ({ value }) => {
    for (const { name } of value as { name?: string }[]) if (name !== undefined) names.push(name)
  })
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: {
      includedCategories: ['disabled-by-default-devtools.timeline.frame', 'devtools.timeline.frame'],
    },
  })
  await sleep(seconds * 1000)
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve))
  await session.send('Tracing.end')
  await complete
  await session.detach()
  return names.filter((name) => name === 'DrawFrame').length
}
