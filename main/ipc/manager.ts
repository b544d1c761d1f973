import type { IpcMain, IpcMainInvokeEvent } from 'electron'
import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import {
  type DesktopMethod,
  type DesktopParams,
  type DesktopResult,
  type DesktopValue,
  desktopChannels,
  desktopMethods,
} from '#shared/ipc/desktop.ts'
import { desktopSchemas } from '#shared/ipc/desktop-schemas.ts'
import { log } from '../logs/log.ts'

export type DesktopHandlers = {
  readonly [M in DesktopMethod]: (params: DesktopParams[M]) => Promise<DesktopValue<M>> | DesktopValue<M>
}

/**
 * The one place where requests of the window come in. A sender other than the window's own page is refused
 * without an answer to read; params are held against the schema before a handler sees them.
 */
export function serveDesktop(
  ipcMain: Pick<IpcMain, 'handle'>,
  handlers: DesktopHandlers,
  isOurs: (event: IpcMainInvokeEvent) => boolean,
): void {
  for (const method of desktopMethods) {
    ipcMain.handle(desktopChannels.request(method), (event, params: unknown) => {
      if (!isOurs(event)) {
        log('ipc-refused', { method })
        throw new Error('refused')
      }
      return answer(handlers, method, params)
    })
  }
}

async function answer<M extends DesktopMethod>(
  handlers: DesktopHandlers,
  method: M,
  given: unknown,
): Promise<DesktopResult<DesktopValue<M>>> {
  try {
    const params = desktopSchemas[method].safeParse(given)
    if (!params.success) throw new JetwayError('USAGE', { reason: firstReason(params.error.issues) })
    return { ok: true, value: await handlers[method](params.data) }
  } catch (error) {
    const known = asJetwayError(error)
    log('ipc-failed', { method, code: known.code })
    return { ok: false, problem: problemOf(known) }
  }
}

function firstReason(
  issues: ReadonlyArray<{ readonly path: PropertyKey[]; readonly message: string }>,
): string {
  const [issue] = issues
  return issue === undefined ? 'not valid' : `${issue.path.map(String).join('.')}: ${issue.message}`
}
