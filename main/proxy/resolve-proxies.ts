import type { ControlNotifications } from '#shared/ipc/control.ts'
import type { Finding } from '#shared/ipc/finding.ts'
import type { EngineSupervisor } from '../engine/supervisor.ts'
import { log } from '../logs/log.ts'
import { type BrokenPac, brokenPacFinding } from './broken-pac.ts'
import { waysOfPacAnswer } from './pac-answer.ts'

export interface ProxyParts {
  readonly request: EngineSupervisor['request']
  /** As in `DesktopSettings`. */
  readonly setting: () => string
  /** Of the system, in the form of a PAC file's answer. */
  readonly resolveProxy: (url: string) => Promise<string>
  /** What is wrong with the system's PAC file; null for nothing. */
  readonly brokenPac: (url: string) => Promise<BrokenPac | null>
  readonly env: NodeJS.ProcessEnv
}

/** Answers the engine, which does not know what the system is set to. */
export class ResolveProxies {
  readonly #parts: ProxyParts

  constructor(parts: ProxyParts) {
    this.#parts = parts
  }

  /** An engine is there: it asks from now on. */
  attached(): void {
    this.#parts.request('resolveProxies', {}).catch(() => log('proxies-not-offered'))
  }

  async wanted({ id, url }: ControlNotifications['proxyWanted']): Promise<void> {
    const proxies = await this.#waysTo(url)
    await this.#parts.request('answerProxy', { id, proxies }).catch(() => log('proxy-not-answered'))
  }

  /** What the engine found on the way to `url`, with what only this side can know: that the system's settings are broken. */
  async complete(url: string, diagnose: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
    const broken = this.#asksSystem ? await this.#parts.brokenPac(url) : null
    const findings = await diagnose()
    if (broken === null) return findings
    return findings.map((found) =>
      found.check === 'proxy' && found.state === 'ok' ? { ...found, ...brokenPacFinding(broken) } : found,
    )
  }

  /** The variables may have a password, which Chromium leaves out. */
  get #asksSystem(): boolean {
    const { setting, env } = this.#parts
    const variables = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy']
    return setting() === 'system' && !variables.some((name) => env[name])
  }

  async #waysTo(url: string): Promise<string[] | null> {
    const chosen = this.#parts.setting()
    if (chosen === 'none') return ['direct']
    if (chosen !== 'system') return [new URL(chosen).origin]
    if (!this.#asksSystem) return null
    try {
      return waysOfPacAnswer(await this.#parts.resolveProxy(url))
    } catch {
      log('proxy-not-resolved')
      return null
    }
  }
}
