import { powerMonitor } from 'electron'
import type { EngineSupervisor } from './engine/supervisor.ts'
import { log } from './logs/log.ts'

/** After sleep, connections may be dead without knowing it: the engine looks at once, and nobody is asked anything. */
export function setupPower(request: EngineSupervisor['request']): void {
  const probe = (why: string) => () => {
    log('probe', { why })
    // Without an engine there is nothing to look at.
    request('probe', {}).catch(() => undefined)
  }
  powerMonitor.on('resume', probe('resume'))
  powerMonitor.on('unlock-screen', probe('unlock'))
}
