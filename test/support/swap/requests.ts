import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'

/** What became of a request. */
export interface Answered {
  readonly id: string
  readonly kind: Kind
  /** HTTP status; what went wrong where there is none. */
  readonly status: number | string
  /** The id in the relay's audit. */
  readonly requestId: string | null
  /** What the upstream saw of the generation: the key and the role that the request came with. */
  readonly seen: string | null
  readonly ms: number
}

/** `only-a`: a trigger that one of the two configurations denies. `slow`: an answer that outlasts a swap. */
type Kind = 'read' | 'trigger' | 'only-a' | 'slow'

const paths: Readonly<Record<Kind, readonly [method: string, path: string]>> = {
  read: ['GET', '/api/v2/dags'],
  trigger: ['POST', '/api/v2/dags/hello/dagRuns'],
  'only-a': ['POST', '/api/v2/dags/only_a/dagRuns'],
  slow: ['GET', '/api/v2/dags/hello/dagRuns/r/taskInstances/t/logs/1'],
}
const turns: readonly Kind[] = ['read', 'trigger', 'only-a']

/** Asks over one connection that is kept, one request after the other, until `isOver` says so. */
export async function keepAsking(o: {
  name: string
  url: string
  headers: Readonly<Record<string, string>>
  slow: boolean
  isOver: () => boolean
  answered: (what: Answered) => void
}): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for (let n = 0; !o.isOver(); n += 1) {
    const kind = o.slow ? 'slow' : (turns[n % turns.length] as Kind)
    o.answered(await ask(agent, o, kind, `${o.name}-${n}`))
  }
  agent.destroy()
}

async function ask(
  agent: Agent,
  { url, headers }: { url: string; headers: Readonly<Record<string, string>> },
  kind: Kind,
  id: string,
): Promise<Answered> {
  const [method, path] = paths[kind]
  const started = performance.now()
  const own = { ...headers, 'x-load-id': id, 'content-type': 'application/json' }
  const asking = request(new URL(path, url), { agent, method, headers: own })
  asking.end(method === 'POST' ? '{"conf":{}}' : undefined)
  const answer = { id, kind, requestId: null, seen: null }
  try {
    const [response] = (await once(asking, 'response')) as [IncomingMessage]
    await once(response.resume(), 'end')
    const named = (name: string) => (response.headers[name] as string | undefined) ?? null
    return {
      ...answer,
      status: response.statusCode as number,
      requestId: named('x-request-id'),
      seen: named('x-seen'),
      ms: performance.now() - started,
    }
  } catch (error) {
    return { ...answer, status: (error as Error).message, ms: performance.now() - started }
  }
}
