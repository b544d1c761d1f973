import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Tunnel } from '#client/tunnel.ts'
import { loadConfig } from '../../../../relay/config/load.ts'
import { hashOfAccessKey, makeAccessKey } from '../../../../relay/oauth/access-key.ts'
import { openSqliteState } from '../../../../relay/state/sqlite.ts'
import { account, answer, json, session } from '../../../support/attacks/sts-answers.ts'
import { challengeOf, formOf, redeem, region } from '../../../support/aws.ts'
import { openTunnelTo } from '../../../support/open-tunnel.ts'
import { type OwnRelay, startOwnRelay } from '../../../support/own-relay.ts'
import { audience, startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

/** What a reload takes from machines whose groups stand in the configuration counts at once, whatever they hold. */
let people: TokenProvider
let ci: TokenProvider
let upstream: ToldUpstream
let sts: ToldUpstream
let relay: OwnRelay
let tunnels: Tunnel[]

const rule = { name: 'main', claims: { sub: 'nightly', ref: 'refs/heads/*' }, groups: ['exports'] }
const identityOf = (o: {
  rules?: object[]
  clients?: object
  keyGroups?: string[]
  roleGroups?: string[]
  role?: string
}) => ({
  oidc: {
    issuer: people.issuer,
    clientId: 'jetway',
    audience,
    clients: o.clients ?? { exporter: ['exports'] },
  },
  federation: [{ name: 'ci', issuer: ci.issuer, audience, rules: o.rules ?? [rule] }],
  accessKeys: { groups: o.keyGroups ?? ['exports', 'others'] },
  aws: {
    principals: [{ account, role: o.role ?? 'airflow-ci', groups: o.roleGroups ?? ['exports'] }],
    regions: [region],
    callerIdentity: {},
  },
})

beforeEach(async () => {
  ;[people, ci, upstream, sts] = await Promise.all([
    startTokenProvider(),
    startTokenProvider(),
    startToldUpstream(),
    startToldUpstream(),
  ])
  sts.answer = json(answer(session('airflow-ci')))
  tunnels = []
  relay = await startOwnRelay(
    people.issuer,
    {
      identity: identityOf({}),
      services: { airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } } },
      direct: 'airflow',
      policy: {
        contact: 'Ask us.',
        grants: [
          { group: 'exports', role: 'viewer' },
          { group: 'others', role: 'viewer', dags: ['other'] },
        ],
      },
    },
    undefined,
    () => sts.url,
  )
})
afterEach(async () => {
  for (const tunnel of tunnels) tunnel.close()
  await relay.close()
  upstream.close()
  sts.close()
  await Promise.all([people.close(), ci.close()])
})

const job = () => ci.token({ sub: 'nightly', ref: 'refs/heads/dev', groups: undefined, email: undefined })
const client = () =>
  people.token({ sub: 'exporter', client_id: 'exporter', groups: undefined, email: undefined })
async function tokenOfKey(): Promise<string> {
  const { id, key } = makeAccessKey()
  const at = Math.floor(Date.now() / 1000)
  const state = openSqliteState(loadConfig(relay.configFile).state.file)
  const whole = { id, name: 'nightly', groups: ['exports', 'others'], networks: [], madeBy: 'test', at }
  await state.accessKeys.add({ ...whole, expires: at + 3600 }, hashOfAccessKey(key))
  await state.close()
  const form = { grant_type: 'client_credentials', client_id: id, client_secret: key }
  return (await redeem(relay.url, form)).body.access_token as string
}
async function tokenOfRole(): Promise<string> {
  const keys = { accessKeyId: 'ASIAEXAMPLEEXAMPLE12', secretAccessKey: 'secret', sessionToken: 'dG9rZW4=' }
  const proof = await formOf({ keys, relay: relay.url, challenge: await challengeOf(relay.url) })
  return (await redeem(relay.url, proof)).body.access_token as string
}

async function ask(token: string, dag = 'hello'): Promise<number> {
  const headers = { authorization: `Bearer ${token}` }
  const response = await fetch(`${relay.url}/api/v2/dags/${dag}`, { headers })
  await response.body?.cancel()
  return response.status
}
async function enter(token: () => Promise<string>): Promise<Tunnel> {
  const tunnel = await openTunnelTo(relay.carrierUrl, token)
  tunnels.push(tunnel)
  return tunnel
}
const reload = async (part: Parameters<typeof identityOf>[0], more: object = {}) =>
  relay.reloadWith({ identity: identityOf(part), ...more }, { allowWidening: true })

const kinds: [
  string,
  () => Promise<string>,
  Parameters<typeof identityOf>[0],
  Parameters<typeof identityOf>[0],
][] = [
  ['a job whose rule is gone', job, { rules: [{ ...rule, claims: { sub: 'weekly' } }] }, {}],
  [
    'a job whose rule is narrower, under the same name',
    job,
    { rules: [{ ...rule, claims: { ...rule.claims, ref: 'refs/heads/main' } }] },
    {
      rules: [
        { ...rule, name: 'renamed' },
        { ...rule, claims: { sub: 'x' } },
      ],
    },
  ],
  [
    'a client that is not named any more',
    client,
    { clients: {} },
    { clients: { exporter: ['exports'], x: ['y'] } },
  ],
  [
    'a key whose groups no key may have',
    tokenOfKey,
    { keyGroups: ['x'] },
    { keyGroups: ['x', 'exports', 'others'] },
  ],
  ['a role that is not let in any more', tokenOfRole, { role: 'other' }, { roleGroups: ['exports'] }],
]

describe.each(kinds)('%s', (_what, make, without, same) => {
  test('is out at once, with the same token and in an open session', async () => {
    const token = await make()
    expect(await ask(token)).toBe(200)
    const tunnel = await enter(async () => token)
    await reload(without)
    // A client without groups may do nothing, and is who it is.
    expect([401, 403]).toContain(await ask(token))
    expect(await tunnel.closed).toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  test('is not, where only something else has changed', async () => {
    const token = await make()
    const tunnel = await enter(async () => token)
    await reload(same, { name: 'renamed' })
    expect(await ask(token)).toBe(200)
    // What ends a session does so right after the swap.
    const other = await enter(people.token)
    expect(other.isAttached).toBe(true)
    expect(tunnel.isLeaving).toBe(false)
  })
})

test('a group that is taken away is lost at once, the others stay', async () => {
  const [key, role] = [await tokenOfKey(), await tokenOfRole()]
  expect([await ask(key), await ask(key, 'other'), await ask(role)]).toEqual([200, 200, 200])
  await reload({ keyGroups: ['others'], roleGroups: ['others'] })
  expect([await ask(key), await ask(key, 'other')]).toEqual([403, 200])
  expect([await ask(role), await ask(role, 'other')]).toEqual([403, 200])
})
