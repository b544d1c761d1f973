import { Notification } from 'electron'
import { asJetwayError } from '#shared/errors/jetway-error.ts'
import type { DesktopStore } from '../desktop-store.ts'
import type { DesktopHandlers } from '../ipc/manager.ts'
import { log } from '../logs/log.ts'
import { actionOf, type Notice, Notices } from './notices.ts'

/** Tells the person outside the window what only they can do. */
export function setupNotices(o: {
  store: DesktopStore
  actions: DesktopHandlers
  showWindow: () => void
}): void {
  const notices = new Notices()
  o.store.onChange((state) => {
    for (const notice of notices.next(state)) notify(notice)
  })

  const notify = ({ environment, problem }: Notice): void => {
    const { title, detail, action } = problem
    const notification = new Notification({ title: `${environment}: ${title}`, body: `${detail} ${action}` })
    notification.on('click', () => {
      const method = actionOf(o.store.state.environments.find(({ name }) => name === environment))
      Promise.resolve(o.actions[method]({ environment })).catch((error: unknown) =>
        log('notice-failed', { code: asJetwayError(error).code }),
      )
    })
    notification.show()
    log('notice', { environment, code: problem.code })
  }
}
