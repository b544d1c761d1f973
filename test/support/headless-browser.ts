import { type BrowserContext, chromium } from 'playwright-core'

/** The system's Chromium without a window, with cookies of its own. It ends with the context. */
export async function openBrowser(): Promise<BrowserContext> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
  const context = await browser.newContext()
  context.on('close', () => void browser.close())
  return context
}
