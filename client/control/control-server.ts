import { mkdirSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import {
  type ControlMethod,
  type ControlNotifications,
  type ControlParams,
  type ControlResults,
  controlRequests,
} from '#shared/ipc/control.ts'
import { readLines } from '#shared/ipc/lines.ts'
import type { Engine } from '../engine/engine.ts'
import type { Show } from '../engine/signing-in.ts'
import type { Watch } from '../engine/watches.ts'
import { ProxyQuestions } from './proxy-questions.ts'

/** Of the JSON-RPC 2.0 specification, §5.1. */
const rpcCodes = { parse: -32700, method: -32601, params: -32602, server: -32000 }

type Handlers = {
  readonly [M in ControlMethod]: (
    params: ControlParams<M>,
    from: Caller,
  ) => ControlResults[M] | Promise<ControlResults[M]>
}

interface Caller {
  notify<N extends keyof ControlNotifications>(method: N, params: ControlNotifications[N]): void
  /** The same for what may be left out. @returns false where the caller reads too slowly: it was left out */
  offer<N extends keyof ControlNotifications>(method: N, params: ControlNotifications[N]): boolean
  onClose(listener: () => void): void
  /** What it watches, by method and environment. */
  readonly watches: Map<string, () => void>
  /** What it is asked about proxies; null as long as it has not offered to answer. */
  proxies: ProxyQuestions | null
}

/** A caller that has so much to read still is left to it. */
const maxUnreadBytes = 1_048_576

export interface ControlServer {
  close(): Promise<void>
}

/**
 * Opens the control socket, for the owner of the process alone.
 *
 * @param shutdown ends the process in an orderly way
 * @throws ENGINE_RUNNING when another engine of this person has it
 */
export async function serveControl(o: {
  engine: Engine
  path: string
  shutdown: () => void
}): Promise<ControlServer> {
  const handlers = handlersOf(o.engine, o.shutdown)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    serve(socket, handlers)
  })
  await listen(server, o.path)
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        // What was answered last still goes out.
        for (const socket of sockets) socket.destroySoon()
      }),
  }
}

function handlersOf(engine: Engine, shutdown: () => void): Handlers {
  const showTo =
    (from: Caller, environment: string): Show =>
    (page) => {
      if (page.kind === 'browser') from.notify('browse', { environment, url: page.url })
      else {
        const { kind: _, ...code } = page
        from.notify('deviceCode', { environment, ...code })
      }
    }
  return {
    status: async () => {
      await engine.readOffers()
      return engine.status()
    },
    watch: async (_params, from) => {
      from.onClose(engine.watch((status) => from.notify('status', status)))
      await engine.readOffers()
      return engine.status()
    },
    addEnvironment: (params) => engine.addEnvironment(params),
    removeEnvironment: async ({ environment }) => {
      await engine.removeEnvironment(environment)
      return null
    },
    signIn: ({ environment, device = false, fresh = false, aws }, from) =>
      engine.signIn(environment, showTo(from, environment), { device, fresh, aws }),
    cancelSignIn: ({ environment }) => {
      engine.cancelSignIn(environment)
      return null
    },
    signOut: ({ environment }) => engine.signOut(environment),
    whoAmI: async ({ environment }) => engine.whoAmI(environment),
    connect: ({ environment, device = false }, from) =>
      engine.connect(environment, showTo(from, environment), { device, fresh: false }),
    disconnect: ({ environment }) => engine.disconnect(environment),
    setAppearance: ({ environment, color, production }) =>
      engine.setAppearance(environment, { color, production }),
    setPort: ({ environment, service, port }) => engine.setPort(environment, service, port),
    access: ({ environment }) => engine.watchesOf(environment).access(),
    watchAccessRequests: ({ environment }, from) =>
      begin(from, `accessRequests ${environment}`, () =>
        engine
          .watchesOf(environment)
          .watchAccessRequests((requests) => from.offer('accessRequests', { environment, requests })),
      ),
    unwatchAccessRequests: ({ environment }, from) => end(from, `accessRequests ${environment}`),
    requestAccess: ({ environment, ...asked }) => engine.watchesOf(environment).requestAccess(asked),
    decideAccessRequest: ({ environment, id, ...decision }) =>
      engine.watchesOf(environment).decideAccessRequest(id, decision),
    endAccessRequest: ({ environment, id }) => engine.watchesOf(environment).endAccessRequest(id),
    watchActivity: ({ environment }, from) =>
      begin(from, `activity ${environment}`, () =>
        engine
          .watchesOf(environment)
          .watchActivity((told) => from.offer('activity', { environment, ...told })),
      ),
    unwatchActivity: ({ environment }, from) => end(from, `activity ${environment}`),
    watchTraffic: ({ environment }, from) =>
      begin(from, `traffic ${environment}`, () =>
        engine
          .watchesOf(environment)
          .watchTraffic((sample) => from.offer('traffic', { environment, sample })),
      ),
    unwatchTraffic: ({ environment }, from) => end(from, `traffic ${environment}`),
    diagnose: ({ environment }, from) =>
      engine.diagnose(environment, (finding) => from.notify('finding', { environment, finding })),
    probe: () => {
      engine.networkChanged()
      return null
    },
    resolveProxies: (_params, from) => {
      if (from.proxies === null) {
        const questions = new ProxyQuestions((question) => from.notify('proxyWanted', question))
        from.proxies = questions
        from.onClose(() => questions.close())
      }
      return null
    },
    answerProxy: ({ id, proxies }, from) => {
      from.proxies?.answer(id, proxies)
      return null
    },
    shutdown: () => {
      setImmediate(shutdown)
      return null
    },
  }
}

/** Once a caller and thing; it ends with the caller. */
function begin<T>(from: Caller, what: string, watch: () => Watch<T>): Promise<T> {
  end(from, what)
  const begun = watch()
  from.watches.set(what, begun.end)
  return begun.recent
}

function end({ watches }: Caller, what: string): null {
  watches.get(what)?.()
  watches.delete(what)
  return null
}

async function listen(server: Server, path: string): Promise<void> {
  if (process.platform !== 'win32') {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    if (await answers(path)) throw new JetwayError('ENGINE_RUNNING')
    // What a crash left; nobody listens on it.
    rmSync(path, { force: true })
  }
  const umask = process.platform === 'win32' ? null : process.umask(0o077)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) =>
        reject(new JetwayError(cause.code === 'EADDRINUSE' ? 'ENGINE_RUNNING' : 'INTERNAL', {}, { cause })),
      )
      server.listen(path, resolve)
    })
  } finally {
    if (umask !== null) process.umask(umask)
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

function serve(socket: Socket, handlers: Handlers): void {
  const send = (message: object) => {
    if (socket.writable) socket.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  }
  const caller: Caller = {
    notify: (method, params) => send({ method, params }),
    offer(method, params) {
      if (socket.writableLength > maxUnreadBytes) return false
      send({ method, params })
      return true
    },
    onClose: (listener) => socket.once('close', listener),
    watches: new Map(),
    proxies: null,
  }
  caller.onClose(() => {
    for (const what of [...caller.watches.keys()]) end(caller, what)
  })
  const fail = (id: unknown, code: number, error: JetwayError) =>
    send({ id, error: { code, message: error.message, data: problemOf(error) } })
  socket.on('error', () => socket.destroy())
  readLines(socket, (line) => {
    const request = parse(line)
    if (request === null) {
      fail(null, rpcCodes.parse, new JetwayError('USAGE', { reason: 'That is no JSON-RPC request.' }))
      return
    }
    const { id, method } = request
    if (!Object.hasOwn(controlRequests, method)) {
      fail(id, rpcCodes.method, new JetwayError('USAGE', { reason: `There is no method ${method}.` }))
      return
    }
    const known = method as ControlMethod
    const params = controlRequests[known].safeParse(request.params ?? {})
    if (!params.success) {
      const reason = params.error.issues
        .map(({ path, message }) => `${path.join('.')}: ${message}`)
        .join('; ')
      fail(id, rpcCodes.params, new JetwayError('USAGE', { reason }))
      return
    }
    const handle = handlers[known] as (params: unknown, from: Caller) => unknown
    // Called in a turn of its own, so that what it throws ends here as well.
    Promise.resolve()
      .then(() => handle(params.data, caller))
      .then(
        (result) => send({ id, result }),
        (error: unknown) => fail(id, rpcCodes.server, asJetwayError(error)),
      )
  })
}

function parse(line: string): { id: string | number; method: string; params: unknown } | null {
  try {
    const { id, method, params } = JSON.parse(line)
    const isId = typeof id === 'string' || typeof id === 'number'
    return isId && typeof method === 'string' ? { id, method, params } : null
  } catch {
    return null
  }
}
