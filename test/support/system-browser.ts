/**
 * The real Chromium as the desktop session's default browser: `shell.openExternal` and `xdg-open` start it, the test
 * drives it over its debugging port.
 */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import type { DesktopSession } from './desktop-session.ts'
import { eventually } from './eventually.ts'

const startMs = 30_000

export class SystemBrowser {
  readonly #profile: string
  #browser: Browser | null = null

  private constructor(profile: string) {
    this.#profile = profile
  }

  /** Registers Chromium as the handler of http and https. Nothing is started yet. */
  static async install({ home, env }: DesktopSession): Promise<SystemBrowser> {
    const profile = join(home, 'browser')
    await mkdir(profile, { recursive: true })
    const wrapper = join(home, 'browser.sh')
    const flags = [
      '--no-sandbox',
      `--user-data-dir=${profile}`,
      '--remote-debugging-port=0',
      '--no-first-run',
      '--no-default-browser-check',
      '--password-store=basic',
      '--disable-gpu',
      '--disable-component-update',
      '--disable-background-networking',
      '--disable-sync',
      '--disable-search-engine-choice-screen',
    ]
    await writeFile(wrapper, `#!/bin/sh\nexec chromium ${flags.join(' ')} "$@" >"${home}/browser.log" 2>&1\n`)
    await chmod(wrapper, 0o755)
    const applications = join(env.XDG_DATA_HOME as string, 'applications')
    await mkdir(applications, { recursive: true })
    await writeFile(
      join(applications, 'test-browser.desktop'),
      `[Desktop Entry]\nType=Application\nName=Test browser\nExec=${wrapper} %U\nMimeType=x-scheme-handler/http;x-scheme-handler/https;text/html;\n`,
    )
    await writeFile(
      join(env.XDG_CONFIG_HOME as string, 'mimeapps.list'),
      '[Default Applications]\nx-scheme-handler/http=test-browser.desktop\nx-scheme-handler/https=test-browser.desktop\n',
    )
    return new SystemBrowser(profile)
  }

  /** The page whose address passes `test`, once there is one. */
  async page(test: (url: string) => boolean): Promise<Page> {
    const context = await this.#context()
    const open = context.pages().find((page) => test(page.url()))
    if (open) return open
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`no such page: ${context.pages().map((page) => page.url())}`)),
        startMs,
      )
      const look = (page: Page) => {
        if (!test(page.url())) return
        clearTimeout(timer)
        resolve(page)
      }
      const follow = (page: Page) => {
        page.on('framenavigated', () => look(page))
        look(page)
      }
      context.on('page', follow)
      context.pages().forEach(follow)
    })
  }

  async close(): Promise<void> {
    if (!this.#browser) return
    const session = await this.#browser.newBrowserCDPSession()
    // Closing ends the very connection that would answer.
    await session.send('Browser.close').catch(() => {})
  }

  async #context(): Promise<BrowserContext> {
    this.#browser ??= await chromium.connectOverCDP(`http://127.0.0.1:${await this.#debuggingPort()}`)
    return this.#browser.contexts()[0] as BrowserContext
  }

  /** Chromium writes it into its profile when it has begun to listen. */
  #debuggingPort(): Promise<number> {
    const file = join(this.#profile, 'DevToolsActivePort')
    const read = async () => Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0])
    return eventually('the browser listens', read, startMs)
  }
}
