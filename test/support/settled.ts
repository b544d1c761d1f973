import type { Page } from 'playwright-core'

/** Waits until nothing on the page moves any more. */
export async function settled(page: Page): Promise<void> {
  // As text: the code runs in the page, whose types are not these.
  await page.evaluate(`Promise.allSettled(
    document.getAnimations()
      .filter((animation) => animation.effect.getComputedTiming().endTime !== Infinity)
      .map((animation) => animation.finished),
  )`)
}
