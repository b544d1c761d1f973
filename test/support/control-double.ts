/**
 * Stands in for the engine on its control socket, so that the desktop app is tested without a network: answers
 * requests as it is told and shows the states it is given.
 */
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import type { Problem } from '#shared/errors/problem.ts'
import type { Access } from '#shared/ipc/access.ts'
import type {
  ControlMethod,
  ControlNotifications,
  EngineStatus,
  EnvironmentStatus,
} from '#shared/ipc/control.ts'
import type { TrafficSample } from '#shared/ipc/traffic.ts'
import { noRequests } from './access-requests.ts'

export interface Asked {
  readonly method: ControlMethod
  readonly params: Readonly<Record<string, unknown>>
}

/** Gives the result of a request, or throws a problem. */
export type Answer = (asked: Asked) => unknown

export class ControlDouble {
  readonly asked: Asked[] = []
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer((socket) => this.#serve(socket))
  #status: EngineStatus = engineStatus([])
  #waiting: Array<{ readonly test: (asked: Asked) => boolean; readonly done: (asked: Asked) => void }> = []
  answer: Answer = (asked) => answers(asked)

  async listen(socketPath: string): Promise<void> {
    await mkdir(dirname(socketPath), { recursive: true, mode: 0o700 })
    this.#server.listen(socketPath)
    await once(this.#server, 'listening')
  }

  /** Shows this to everyone who watches. */
  show(environments: readonly EnvironmentStatus[], engine: Partial<EngineStatus> = {}): void {
    this.#status = { ...engineStatus(environments), ...engine }
    this.notify('status', this.#status)
  }

  notify<N extends keyof ControlNotifications>(method: N, params: ControlNotifications[N]): void {
    for (const socket of this.#sockets) send(socket, { method, params })
  }

  /** Settles with the first request, already made or still to come, that passes `test`. */
  whenAsked(test: (asked: Asked) => boolean): Promise<Asked> {
    const made = this.asked.find(test)
    if (made !== undefined) return Promise.resolve(made)
    return new Promise((done) => this.#waiting.push({ test, done }))
  }

  /** Cuts all connections, as a crash would. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.drop()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    const lines = createInterface({ input: socket })
    // It says the socket's errors once more.
    lines.on('error', () => undefined)
    lines.on('line', (line) => {
      const { id, method, params } = JSON.parse(line) as Asked & { id: number }
      void this.#respond(socket, id, { method, params })
    })
  }

  async #respond(socket: Socket, id: number, asked: Asked): Promise<void> {
    this.asked.push(asked)
    for (const waiting of this.#waiting) if (waiting.test(asked)) waiting.done(asked)
    if (asked.method === 'watch' || asked.method === 'status')
      return send(socket, { id, result: this.#status })
    try {
      send(socket, { id, result: await this.answer(asked) })
    } catch (problem) {
      send(socket, { id, error: { code: -32000, message: (problem as Problem).detail, data: problem } })
    }
  }
}

function send(socket: Socket, message: object): void {
  if (socket.writable) socket.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
}

function engineStatus(environments: readonly EnvironmentStatus[]): EngineStatus {
  return {
    version: '0.0.0',
    pid: process.pid,
    tokenStore: 'keychain',
    tokenStoreProblem: null,
    environments,
    offers: [],
    offersProblem: null,
  }
}

/** An environment as a test wants it; the rest is that of one that was just added. */
export function environmentStatus(part: Partial<EnvironmentStatus> = {}): EnvironmentStatus {
  return {
    name: 'demo',
    relayUrl: 'https://relay.example.com',
    state: 'disconnected',
    signedIn: false,
    signingIn: false,
    stepUp: null,
    person: null,
    services: [
      {
        name: 'airflow',
        type: 'airflow',
        localPort: 8080,
        localUrl: 'http://localhost:8080',
        taken: null,
        airflow: null,
      },
    ],
    lastError: null,
    connectedSince: null,
    signInEnds: null,
    relayVersion: null,
    color: 'blue',
    production: false,
    ...part,
  }
}

/** What an engine with a good connection answers. */
export const answers: Answer = ({ method }) => {
  switch (method) {
    case 'access':
      return access
    case 'watchTraffic':
      return aMinute
    case 'watchAccessRequests':
      return noRequests
    case 'watchActivity':
    case 'diagnose':
      return []
    default:
      return null
  }
}

const access: Access = {
  person: {
    kind: 'person',
    name: 'Ana Reyes',
    email: 'ana@example.com',
    groups: ['data-eng', 'airflow-users'],
    groupsProblem: null,
  },
  contact: 'Ask #data-platform for access.',
  services: [
    {
      name: 'airflow',
      type: 'airflow',
      airflowRole: 'User',
      grants: [
        {
          policy: 'developer/1',
          role: 'developer',
          group: 'data-eng',
          verbs: ['dag.read', 'log.read', 'run.read', 'run.trigger', 'task.clear'],
          dags: ['etl_*', 'hello'],
          tags: null,
          conditions: [],
          until: null,
        },
        {
          policy: 'viewer/1',
          role: 'viewer',
          group: 'airflow-users',
          verbs: ['dag.read', 'run.read'],
          dags: ['*'],
          tags: null,
          conditions: [],
          until: null,
        },
      ],
    },
  ],
  forbids: [],
  otherPolicies: 0,
  omitted: 0,
}

/** With a lull in it, and a peak. */
const aMinute: readonly TrafficSample[] = Array.from({ length: 60 }, (_, second) => ({
  time: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
  roundTripMs: 18 + 6 * Math.sin(second / 4) + (second === 41 ? 34 : 0),
  receivedBytesPerSecond: Math.max(0, 900_000 * Math.sin(second / 9) + 120_000),
  sentBytesPerSecond: Math.max(0, 160_000 * Math.cos(second / 7)),
  openStreams: 4,
}))
