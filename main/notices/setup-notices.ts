import { Notification } from 'electron'
import { asJetwayError } from '#shared/errors/jetway-error.ts'
import type { DesktopStore } from '../desktop-store.ts'
import type { DesktopHandlers } from '../ipc/manager.ts'
import { log } from '../logs/log.ts'
import { type Notice, type NoticeAction, Notices } from './notices.ts'

/**
 * Tells the person outside the window what only they can do, where they want to be told.
 *
 * @returns says something more
 */
export function setupNotices(o: {
  store: DesktopStore
  actions: DesktopHandlers
  showWindow: () => void
  showRequests: (environment: string, request: string | null) => void
}): (notice: Notice) => void {
  const { store, actions, showWindow, showRequests } = o
  const notices = new Notices()
  const shown = new Map<string, Notification>()
  let again: NodeJS.Timeout | null = null

  const look = (): void => {
    const { say, withdraw, againAtMs } = notices.next(store.state, Date.now())
    for (const cause of withdraw) takeBack(cause)
    for (const notice of say) show(notice)
    if (again !== null) clearTimeout(again)
    again = againAtMs === null ? null : setTimeout(look, Math.min(againAtMs - Date.now(), longestTimerMs))
    again?.unref()
    if (!store.state.settings.notifications) for (const cause of [...shown.keys()]) takeBack(cause)
  }

  const show = ({ cause, title, body, action }: Notice): void => {
    if (!store.state.settings.notifications) return
    const notification = new Notification({
      title,
      body: plain(body),
      // macOS and Windows show a button; on Linux the notice itself is one.
      actions: [{ type: 'button', text: action.label }],
    })
    const act = (): void => {
      takeBack(cause)
      perform(action)
    }
    notification.on('click', act)
    notification.on('action', act)
    notification.on('close', () => {
      if (shown.get(cause) === notification) shown.delete(cause)
    })
    // Without a reference it would be collected, and its click lost.
    shown.set(cause, notification)
    notification.show()
    log('notice', { cause })
  }

  const takeBack = (cause: string): void => {
    shown.get(cause)?.close()
    shown.delete(cause)
  }

  const perform = (action: NoticeAction): void => {
    if (action.do === 'openWindow') showWindow()
    else if (action.do === 'showRequests') showRequests(action.environment, action.request)
    else {
      Promise.resolve(actions[action.do]({ environment: action.environment })).catch((error: unknown) =>
        log('notice-failed', { code: asJetwayError(error).code }),
      )
    }
  }

  store.onChange(look)
  return show
}

/** A body may be markup on Linux, and names and reasons are written by others. */
function plain(body: string): string {
  return body.replaceAll('<', '‹').replaceAll('>', '›')
}

/** Node takes no longer timers; a sign-in may last for months. */
const longestTimerMs = 2 ** 31 - 1
