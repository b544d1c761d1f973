import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { catalogue } from '#shared/airflow/catalogue.ts'
import type { AirflowMajor, Operation, Verb } from '#shared/airflow/operation.ts'
import { allVerbs } from '#shared/airflow/roles.ts'
import { airflowRoles } from '#shared/config/policy-config.ts'
import { type OwnRelay, startOwnRelay } from '../../support/own-relay.ts'
import { sampleRequest } from '../../support/sample-request.ts'
import { startTokenProvider, type TokenProvider } from '../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../support/told-upstream.ts'

/** Every operation through the real chain, in front of an upstream that counts each byte that reaches it. */
const majors = [3, 2] as const
const everyone = ['ui.view', 'health.read', 'version.read']
const agent = new Agent({ keepAlive: true })

let provider: TokenProvider
let upstream: ToldUpstream
const relays = new Map<AirflowMajor, OwnRelay>()
const sockets = new Set<Socket>()

/** A group for each built-in role, for each verb alone, and for all but that verb. */
const groups = [
  ...airflowRoles.map((role) => ({ group: role, role })),
  ...allVerbs.flatMap((verb) => [
    { group: `only ${verb}`, role: roleName('only', verb) },
    { group: `without ${verb}`, role: roleName('without', verb) },
  ]),
]
const roles = Object.fromEntries(
  allVerbs.flatMap((verb) => [
    [roleName('only', verb), { verbs: [verb], airflowRole: 'admin' }],
    [roleName('without', verb), { verbs: allVerbs.filter((other) => other !== verb), airflowRole: 'admin' }],
  ]),
)

function roleName(kind: string, verb: Verb): string {
  return `${kind}_${verb.replace('.', '_')}`
}

beforeAll(async () => {
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
  upstream.server.on('connection', (socket) => sockets.add(socket))
  upstream.answer = async (asked, response) => {
    await text(asked)
    response.end('{}')
  }
  for (const version of majors) {
    const airflow = { type: 'airflow', url: upstream.url, version, identity: { keyFile: 'relay.pem' } }
    const config = {
      services: { airflow },
      direct: 'airflow',
      policy: { contact: 'Ask us.', roles, grants: groups },
    }
    relays.set(version, await startOwnRelay(provider.issuer, config))
  }
})
afterAll(async () => {
  agent.destroy()
  for (const relay of relays.values()) await relay.close()
  upstream?.close()
  await provider?.close()
})

const tokens = new Map<string, string>()
async function tokenOf(...own: string[]): Promise<string> {
  const key = own.join()
  const token = tokens.get(key) ?? (await provider.token({ groups: own }))
  tokens.set(key, token)
  return token
}

const reached = () => [...sockets].reduce((sum, { bytesRead }) => sum + bytesRead, 0)

/** What becomes of a request of someone in these groups; `allow` if anything of it reached the upstream. */
async function decisionOn(operation: Operation, ...own: string[]): Promise<'allow' | string> {
  const { method, target, body, contentType } = sampleRequest(operation)
  const before = reached()
  const headers = { authorization: `Bearer ${await tokenOf(...own)}`, 'content-type': contentType }
  const asking = request(`${relays.get(operation.airflow)?.url}${target}`, { method, headers, agent })
  asking.end(body ?? undefined)
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  const answer = await text(response)
  if (response.statusCode === 200 && reached() > before) return 'allow'
  expect(reached(), `${method} ${target} left something behind`).toBe(before)
  return (method === 'HEAD' ? `${response.statusCode}` : JSON.parse(answer).code) as string
}

const nameOf = ({ method, path }: Operation) => `${method} ${path}`
const denied = (operation: Operation) => (operation.method === 'HEAD' ? '403' : 'FORBIDDEN')
const verbsOf = ({ verb, also, id }: Operation): Verb[] => {
  const kind = verb?.split('.')[0]
  return verb === null ? [] : [...(id.startsWith('bulk_') ? [`${kind}.write` as const] : []), verb, ...also]
}

/**
 * The least role of Airflow for each of its operations: of 3 by the permissions of its routes and the rules of its
 * SimpleAuthManager, of 2 by the decorators of its views and the permissions of FAB's roles. `any`: known is enough.
 */
const table = new Map(
  readFileSync(join(import.meta.dirname, '../../fixtures/airflow-roles.txt'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [major, role, method, path] = line.split(' ') as [string, string, string, string]
      return [`${major} ${method} ${path}` as string, role] as const
    }),
)

/** Closed, although Airflow would let people do it: these hand out credentials, or end sessions that are not theirs. */
const closedHere = ['GET /api/v2/auth/login', 'GET /api/v2/auth/logout', 'POST /ui/auth/token']
/** Where a verb is one of Airflow 3 too, and takes more there. */
const stricterHere = new Map<string, string>([['2 POST /api/v1/datasets/events', 'op']])

describe.each(majors)('Airflow %i', (major) => {
  const operations = catalogue.filter(({ airflow }) => airflow === major)

  test('each operation is decided for each built-in role as a plain table says', async () => {
    let compared = 0
    for (const operation of operations.filter(({ id }) => id !== 'ui.page' && id !== 'closed')) {
      const key = `${major} ${nameOf(operation).replaceAll(':path}', '}')}`
      const least = stricterHere.get(key) ?? table.get(key)
      expect(least, key).toBeDefined()
      const isClosed = closedHere.includes(nameOf(operation))
      for (const [at, role] of [null, ...airflowRoles].entries()) {
        const enough = role !== null && at - 1 >= (least === 'any' ? 0 : airflowRoles.indexOf(least as never))
        const expected = isClosed ? 'ROUTE_CLOSED' : enough ? 'allow' : 'FORBIDDEN'
        expect(await decisionOn(operation, role ?? 'nobody'), `${role}: ${key}`).toBe(expected)
        compared += 1
      }
    }
    expect(compared).toBe([...table.keys()].filter((key) => key.startsWith(`${major} `)).length * 5)
  }, 60_000)

  test('pages are for anyone with a role, and what is closed is for nobody', async () => {
    for (const operation of operations.filter(({ id }) => id === 'ui.page')) {
      expect(await decisionOn(operation, 'viewer'), nameOf(operation)).toBe('allow')
      expect(await decisionOn(operation, 'nobody'), nameOf(operation)).toBe(denied(operation))
    }
    for (const operation of operations.filter(({ id, method }) => id === 'closed' && method !== 'HEAD')) {
      expect(await decisionOn(operation, 'admin'), nameOf(operation)).toBe('ROUTE_CLOSED')
    }
  })

  test('each verb that an operation takes is needed, and no other', async () => {
    const verbs = new Set<Verb>()
    for (const operation of operations.filter(({ verb }) => verb !== null && !everyone.includes(verb))) {
      const taken = verbsOf(operation)
      for (const verb of taken) {
        verbs.add(verb)
        expect(await decisionOn(operation, `without ${verb}`), `${nameOf(operation)} without ${verb}`).toBe(
          'FORBIDDEN',
        )
      }
      const only = taken.map((verb) => `only ${verb}`)
      expect(await decisionOn(operation, ...only), `${nameOf(operation)} with ${taken}`).toBe('allow')
    }
    const missing = allVerbs.filter((verb) => !verbs.has(verb) && !everyone.includes(verb))
    expect(
      missing.filter((verb) => catalogue.some((row) => row.verb === verb && row.airflow === major)),
    ).toEqual([])
  }, 60_000)
})
