import { app } from 'electron'
import { asJetwayError } from '#shared/errors/jetway-error.ts'
import type { DesktopStore } from '../desktop-store.ts'
import type { RecentDag } from '../feed/recent-dags.ts'
import type { DesktopHandlers } from '../ipc/manager.ts'
import { log } from '../logs/log.ts'
import { JetwayTray } from './tray.ts'
import type { TrayAction } from './tray-menu.ts'

export interface TrayParts {
  readonly iconDir: string
  readonly store: DesktopStore
  readonly actions: DesktopHandlers
  readonly recentDags: (environment: string) => readonly RecentDag[]
  readonly openDag: (environment: string, dag: RecentDag) => Promise<void>
  readonly showWindow: () => void
  readonly showRequests: (environment: string, request: string | null) => void
}

/** Menus that change under the hand are hard to hit: what is only listed waits so long for its turn. */
const refreshMs = 1000

/**
 * The tray, which shows each state at once.
 *
 * @returns shows recent DAGs that have changed, once a second at most
 */
export function setupTray(o: TrayParts): { refresh(): void } {
  const tray = new JetwayTray(o.iconDir, (action) => {
    perform(action).catch((error: unknown) =>
      log('tray-action-failed', { action: action.do, code: asJetwayError(error).code }),
    )
  })

  const perform = async (action: TrayAction): Promise<void> => {
    switch (action.do) {
      case 'openWindow':
        return o.showWindow()
      case 'showRequests':
        return o.showRequests(action.environment, action.request)
      case 'installUpdate': {
        await o.actions.installUpdate({})
        const { update } = o.store.state
        // Otherwise the app ends now.
        if (update.kind === 'ready' && update.problem !== null) o.showWindow()
        return
      }
      case 'quit':
        return app.quit()
      case 'openDag':
        return o.openDag(action.environment, action)
      case 'setStartAtLogin':
        await o.actions.setSettings({ startAtLogin: action.on })
        return
      case 'setPort': {
        const { do: _, ...params } = action
        await o.actions.setPort(params)
        return
      }
      case 'openService':
      case 'copyServiceUrl':
        await o.actions[action.do]({ environment: action.environment, service: action.service })
        return
      default:
        await o.actions[action.do]({ environment: action.environment })
    }
  }

  const show = (): void => tray.show(o.store.state, o.recentDags)
  let isDue = false
  o.store.onChange(show)
  show()
  return {
    refresh: () => {
      if (isDue) return
      isDue = true
      setTimeout(() => {
        isDue = false
        show()
      }, refreshMs)
    },
  }
}
