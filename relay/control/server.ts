import { rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import { readLines } from '#shared/ipc/lines.ts'
import { type ControlAnswer, type ControlRequest, type ControlResults, parseRequest } from './protocol.ts'

export type ControlHandler = (
  request: ControlRequest,
) => ControlResults[ControlRequest['command']] | Promise<ControlResults[ControlRequest['command']]>

export interface ControlServer {
  /** Takes no more requests; who waits for an answer still gets it. */
  close(): void
}

/** What every system takes (macOS the least): `sun_path` without its end. */
const maxPathBytes = 103

/**
 * Opens the control socket, for the owner of the process alone.
 *
 * @throws CONFIG_INVALID when it cannot be opened, or another relay answers there
 */
export async function serveControl(path: string, handle: ControlHandler): Promise<ControlServer> {
  const server = createServer((socket) => serve(socket, handle))
  if (Buffer.byteLength(path) > maxPathBytes)
    throw invalid(path, `is longer than the ${maxPathBytes} bytes that a socket’s path may have`)
  if (await answers(path)) throw invalid(path, 'another relay answers there')
  // What a crash left; nobody listens on it.
  rmSync(path, { force: true })
  try {
    await listen(server, path)
  } catch (cause) {
    throw invalid(path, `cannot be opened (${(cause as NodeJS.ErrnoException).code})`, cause)
  }
  return { close: () => void server.close() }
}

async function listen(server: Server, path: string): Promise<void> {
  const umask = process.umask(0o077)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, resolve)
    })
  } finally {
    process.umask(umask)
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path)
    const done = (value: boolean) => {
      probe.destroy()
      resolve(value)
    }
    probe.once('connect', () => done(true))
    probe.once('error', () => done(false))
  })
}

/** One request a connection. */
function serve(socket: Socket, handle: ControlHandler): void {
  socket.on('error', () => socket.destroy())
  let isAsked = false
  readLines(socket, (line) => {
    if (isAsked) return
    isAsked = true
    void answer(line, handle).then((text) => socket.end(`${JSON.stringify(text)}\n`))
  })
}

async function answer(line: string, handle: ControlHandler): Promise<ControlAnswer> {
  try {
    return { result: await handle(parseRequest(line)) }
  } catch (error) {
    return { error: problemOf(asJetwayError(error)) }
  }
}

function invalid(path: string, what: string, cause?: unknown): JetwayError {
  return new JetwayError('CONFIG_INVALID', { reason: `control.socket: ${path} ${what}` }, { cause })
}
