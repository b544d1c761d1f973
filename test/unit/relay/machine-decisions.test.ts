import { afterAll, beforeAll, expect, test } from 'vitest'
import { catalogue } from '#shared/airflow/catalogue.ts'
import type { Operation } from '#shared/airflow/operation.ts'
import { airflowRoles } from '#shared/config/policy-config.ts'
import { loadConfig } from '../../../relay/config/load.ts'
import { hashOfAccessKey, makeAccessKey } from '../../../relay/oauth/access-key.ts'
import { openSqliteState } from '../../../relay/state/sqlite.ts'
import { type OwnRelay, startOwnRelay } from '../../support/own-relay.ts'
import { seeded } from '../../support/random.ts'
import { sampleRequest } from '../../support/sample-request.ts'
import { startTokenProvider, type TokenProvider } from '../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../support/told-upstream.ts'

const random = seeded(11)
const some = <T>(all: readonly T[], most: number) => all.filter(() => random() < most / all.length)
const machines = Array.from({ length: 8 }, (_, i) => {
  const groups = some([...airflowRoles, 'none', 'other'], 2)
  return { id: `machine-${i}`, groups: groups.length > 0 ? groups : ['none'] }
})
const operations = catalogue.filter(({ airflow }) => airflow === 3)

let people: TokenProvider
let ci: TokenProvider
let upstream: ToldUpstream
let relay: OwnRelay

beforeAll(async () => {
  people = await startTokenProvider()
  ci = await startTokenProvider()
  upstream = await startToldUpstream()
  upstream.answer = (request, response) => {
    request.resume().once('end', () => response.end('{}'))
  }
  relay = await startOwnRelay(people.issuer, {
    identity: {
      oidc: {
        issuer: people.issuer,
        clientId: 'jetway',
        audience: 'urn:test:relay',
        clients: Object.fromEntries(machines.map(({ id, groups }) => [id, groups])),
      },
      federation: [
        {
          name: 'ci',
          issuer: ci.issuer,
          audience: 'urn:test:relay',
          rules: machines.map(({ id, groups }) => ({ name: id, claims: { sub: id }, groups })),
        },
      ],
      accessKeys: { groups: [...airflowRoles, 'none', 'other'] },
    },
    services: { airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } } },
    direct: 'airflow',
    policy: {
      contact: 'Ask us.',
      roles: { dags: { verbs: ['dag.*', 'run.*'], airflowRole: 'admin' } },
      grants: [
        ...airflowRoles.map((role) => ({ group: role, role })),
        { group: 'other', role: 'dags', dags: ['hello'] },
      ],
    },
  })
})
afterAll(async () => {
  await relay?.close()
  upstream?.close()
  await ci?.close()
  await people?.close()
})

/** The same machine, as each way lets it in. */
async function tokensOf({ id, groups }: (typeof machines)[number]): Promise<Record<string, string>> {
  const state = openSqliteState(loadConfig(relay.configFile).state.file)
  const made = makeAccessKey()
  const at = Math.floor(Date.now() / 1000)
  const key = { id: made.id, name: id, groups, networks: [], madeBy: 'test', at, expires: at + 600 }
  await state.accessKeys.add(key, hashOfAccessKey(made.key))
  await state.close()
  const form = { grant_type: 'client_credentials', client_id: made.id, client_secret: made.key }
  const answer = await fetch(`${relay.url}/oauth/token`, { method: 'POST', body: new URLSearchParams(form) })
  const own = { sub: id, email: undefined }
  return {
    'client credentials, groups from the provider': await people.token({ ...own, client_id: id, groups }),
    'client credentials, configured groups': await people.token({ ...own, client_id: id, groups: undefined }),
    federation: await ci.token({ ...own, groups: ['admin'] }),
    'access key': ((await answer.json()) as { access_token: string }).access_token,
  }
}

async function decisionOn(operation: Operation, token: string): Promise<[number, string | null]> {
  const { method, target, body, contentType } = sampleRequest(operation)
  const response = await fetch(relay.url + target, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': contentType },
    body: method === 'GET' || method === 'HEAD' ? null : (body ?? null),
  })
  const text = await response.text()
  const isSaid = response.status !== 200 && text !== ''
  return [response.status, isSaid ? (JSON.parse(text) as { code: string }).code : null]
}

test('whichever way a machine comes, the same groups decide the same', async () => {
  const seen = new Set<number>()
  for (const machine of machines) {
    const tokens = Object.entries(await tokensOf(machine))
    for (const operation of some(operations, 12)) {
      const decisions = await Promise.all(
        tokens.map(async ([way, token]) => [way, await decisionOn(operation, token)] as const),
      )
      const [, first] = decisions[0] as (typeof decisions)[number]
      seen.add(first[0])
      expect([machine.groups, operation.id, Object.fromEntries(decisions)]).toEqual([
        machine.groups,
        operation.id,
        Object.fromEntries(tokens.map(([way]) => [way, first])),
      ])
    }
  }
  expect([...seen]).toEqual(expect.arrayContaining([200, 403]))
  expect([...seen]).not.toContain(401)
})
