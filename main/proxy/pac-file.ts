import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Session } from 'electron'
import { sleep } from '#client/sleep.ts'
import { log } from '../logs/log.ts'
import { type BrokenPac, brokenPacIn } from './broken-pac.ts'

/** How long the file may take to be fetched and run. */
const withinMs = 5000

/** The PAC file that the system is set to, if it is. */
export class PacFile {
  readonly #session: Pick<Session, 'netLog' | 'forceReloadProxyConfig' | 'resolveProxy'>
  #looking: Promise<BrokenPac | null> | null = null

  constructor(session: Pick<Session, 'netLog' | 'forceReloadProxyConfig' | 'resolveProxy'>) {
    this.#session = session
  }

  /** Reads the proxy settings anew and asks them for `url`. Null as well where that cannot be looked at. */
  lookAt(url: string): Promise<BrokenPac | null> {
    // There is one net log.
    this.#looking ??= this.#look(url)
      .catch(() => {
        log('pac-not-looked-at')
        return null
      })
      .finally(() => {
        this.#looking = null
      })
    return this.#looking
  }

  async #look(url: string): Promise<BrokenPac | null> {
    const { netLog } = this.#session
    const folder = await mkdtemp(join(tmpdir(), 'jetway-pac-'))
    const path = join(folder, 'net-log.json')
    try {
      // Without cookies and passwords.
      await netLog.startLogging(path, { captureMode: 'default' })
      const waited = new AbortController()
      const resolved = this.#session.forceReloadProxyConfig().then(() => this.#session.resolveProxy(url))
      await Promise.race([resolved, sleep(withinMs, waited.signal)]).finally(() => {
        waited.abort()
        return netLog.stopLogging()
      })
      return brokenPacIn(await readFile(path, 'utf8'))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}
