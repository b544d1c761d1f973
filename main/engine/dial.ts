import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { DialEngine, EngineLink } from './link.ts'

export const dialEngine: DialEngine = (listener) =>
  new Promise((resolve, reject) => {
    const socket = connect(join(process.env.JETWAY_HOME ?? '', 'engine.sock'))
    const waiting = new Map<number, { resolve: (v: any) => void; reject: (e: unknown) => void }>()
    let id = 0
    const closed = new Promise<void>((done) => socket.once('close', () => done()))
    void closed.then(() => {
      for (const w of waiting.values()) w.reject(new JetwayError('SESSION_LOST'))
    })
    socket.once('error', () => reject(new JetwayError('ENGINE_NOT_RUNNING')))
    createInterface({ input: socket }).on('line', (line) => {
      const m = JSON.parse(line)
      if (m.method !== undefined) return (listener as any)[m.method](m.params)
      const w = waiting.get(m.id)
      waiting.delete(m.id)
      if (m.error) w?.reject(new JetwayError(m.error.data?.code ?? 'INTERNAL'))
      else w?.resolve(m.result)
    })
    const link: EngineLink = {
      closed,
      request: (method, params) =>
        new Promise((res, rej) => {
          waiting.set(++id, { resolve: res, reject: rej })
          socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`)
        }),
      close: () => {
        socket.destroy()
      },
    }
    socket.once('connect', () => resolve(link))
  })
