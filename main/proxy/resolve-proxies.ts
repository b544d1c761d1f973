import type { ControlNotifications } from '#shared/ipc/control.ts'
import type { EngineSupervisor } from '../engine/supervisor.ts'
import { log } from '../logs/log.ts'
import { waysOfPacAnswer } from './pac-answer.ts'

export interface ProxyParts {
  readonly request: EngineSupervisor['request']
  /** As in `DesktopSettings`. */
  readonly setting: () => string
  /** Of the system, in the form of a PAC file's answer. */
  readonly resolveProxy: (url: string) => Promise<string>
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

  async #waysTo(url: string): Promise<string[] | null> {
    const { setting, resolveProxy, env } = this.#parts
    const chosen = setting()
    if (chosen === 'none') return ['direct']
    if (chosen !== 'system') return [new URL(chosen).origin]
    // These may have a password, which Chromium leaves out.
    if (['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'].some((name) => env[name])) return null
    try {
      return waysOfPacAnswer(await resolveProxy(url))
    } catch {
      log('proxy-not-resolved')
      return null
    }
  }
}
