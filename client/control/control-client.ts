import { connect } from 'node:net'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { type ErrorCode, errorTable } from '#shared/errors/table.ts'
import type {
  ControlMethod,
  ControlNotifications,
  ControlParams,
  ControlResults,
} from '#shared/ipc/control.ts'
import { readLines } from '#shared/ipc/lines.ts'

/** A connection to the engine of this person. */
export interface ControlClient {
  /** Settles when the connection has ended, for whatever reason; never rejects. */
  readonly closed: Promise<void>
  /** @throws any code of the table, as the engine answered it; ENGINE_NOT_RUNNING when it ends before */
  request<M extends ControlMethod>(method: M, params: ControlParams<M>): Promise<ControlResults[M]>
  close(): void
}

/** What the engine tells by itself. */
export type ControlListener = {
  readonly [N in keyof ControlNotifications]: (params: ControlNotifications[N]) => void
}

interface Waiting {
  resolve(result: never): void
  reject(error: JetwayError): void
}

/** @throws ENGINE_NOT_RUNNING when none listens at `path` */
export function dialControl(path: string, listener: Partial<ControlListener> = {}): Promise<ControlClient> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    const waiting = new Map<number, Waiting>()
    let lastId = 0
    const closed = new Promise<void>((done) => {
      socket.once('close', () => {
        for (const { reject: fail } of waiting.values()) fail(new JetwayError('ENGINE_NOT_RUNNING'))
        waiting.clear()
        done()
      })
    })
    socket.on('error', (cause) => reject(new JetwayError('ENGINE_NOT_RUNNING', {}, { cause })))
    readLines(socket, (line) => {
      const message = JSON.parse(line)
      if (message.method !== undefined) {
        listener[message.method as keyof ControlListener]?.(message.params as never)
        return
      }
      const asked = waiting.get(message.id)
      waiting.delete(message.id)
      if (message.error) asked?.reject(errorOf(message.error))
      else asked?.resolve(message.result as never)
    })
    socket.once('connect', () =>
      resolve({
        closed,
        request: (method, params) =>
          new Promise((done, fail) => {
            if (!socket.writable) {
              fail(new JetwayError('ENGINE_NOT_RUNNING'))
              return
            }
            lastId += 1
            waiting.set(lastId, { resolve: done, reject: fail })
            socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: lastId, method, params })}\n`)
          }),
        close: () => socket.destroy(),
      }),
    )
  })
}

interface SaidError {
  readonly message?: unknown
  readonly data?: { readonly code?: unknown; readonly action?: unknown; readonly suggestedPort?: unknown }
}

/** The engine's error, in its own words: its params have been filled in there. */
function errorOf({ message, data = {} }: SaidError): JetwayError {
  const { code, action, suggestedPort } = data
  if (typeof code !== 'string' || !Object.hasOwn(errorTable, code)) return new JetwayError('INTERNAL')
  const params = typeof suggestedPort === 'number' ? { suggestion: suggestedPort } : {}
  return JetwayError.fromPeer(code as ErrorCode, String(message), String(action), params)
}
