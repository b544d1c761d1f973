import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { oidcConfig } from '#shared/config/identity/oidc.ts'
import { run } from '../../build/setup/run.ts'
import { createOidcAuthenticator } from '../../relay/identity/oidc.ts'
import { eventually } from '../support/eventually.ts'
import { ownRealm } from '../support/keycloak/own-realm.ts'
import { clientId, machine } from '../support/keycloak/realm.ts'
import type { Realm } from '../support/keycloak/realms.ts'
import { type OwnRelay, startOwnRelay } from '../support/own-relay.ts'
import { audience, startTokenProvider, type TokenProvider } from '../support/token-provider.ts'

describe('a client of Keycloak’s that acts for itself', () => {
  let realm: Realm
  beforeAll(async () => {
    realm = await ownRealm()
  })
  afterAll(() => realm?.remove())
  const credentials = {
    grant_type: 'client_credentials',
    client_id: machine.clientId,
    client_secret: machine.secret,
  }
  const principalOf = async (token: string) => {
    const { issuer } = realm
    const clients = { [machine.clientId]: ['exports'] }
    const config = oidcConfig.parse({ issuer, clientId, audience, clients, tokenTypes: ['JWT'] })
    return (await createOidcAuthenticator(config).authenticate(token)).principal
  }
  const account = `service-account-${machine.clientId}`

  test('is a machine, although its subject is not the client, with its groups', async () => {
    const { access_token: token } = await realm.tokens(credentials)
    expect(decodeJwt(token)).toMatchObject({ preferred_username: account, client_id: machine.clientId })
    expect(await principalOf(token)).toMatchObject({
      kind: 'machine',
      subject: await realm.userId(account),
      name: machine.clientId,
      email: null,
      groups: ['data-eng'],
    })
  })

  test('has the configured groups where Keycloak names none', async () => {
    const id = await realm.userId(account)
    const [group] = (await realm.admin('GET', `/users/${id}/groups`)) as { id: string }[]
    await realm.admin('DELETE', `/users/${id}/groups/${group?.id}`)
    const { access_token: token } = await realm.tokens(credentials)
    expect(decodeJwt(token)).not.toHaveProperty('groups')
    expect(await principalOf(token)).toMatchObject({ kind: 'machine', groups: ['exports'] })
  })

  test('cannot be posed as by who is called like one', async () => {
    const byPassword: object = { directAccessGrantsEnabled: true }
    await realm.changeClient(clientId, byPassword)
    const username = `service-account-${clientId}`
    await realm.addUser({
      username,
      email: 'posing@example.com',
      emailVerified: true,
      firstName: 'Mallory',
      lastName: 'Posing',
      credentials: [{ type: 'password', value: 'secret' }],
    })
    const { access_token: token } = await realm.tokens({
      grant_type: 'password',
      client_id: clientId,
      username,
      password: 'secret',
    })
    expect(decodeJwt(token)).toMatchObject({ preferred_username: username, azp: clientId })
    expect(await principalOf(token)).toMatchObject({ kind: 'person', groups: [] })
  })
})

/** docs/machines.md says how it is set up. */
describe('a worker of another Airflow, with the token of its pod', () => {
  const company = inject('company')
  let cluster: TokenProvider
  let people: TokenProvider
  let relay: OwnRelay
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jetway-worker-'))
    cluster = await startTokenProvider()
    people = await startTokenProvider()
    const keyFile = join(dirname(company.relayConfig), 'relay.pem')
    const worker = { namespace: 'airflow', serviceAccount: 'airflow-worker' }
    relay = await startOwnRelay(people.issuer, {
      identity: {
        federation: [
          {
            name: 'k8s',
            provider: 'kubernetes',
            issuer: cluster.issuer,
            audience: 'jetway',
            rules: [{ name: 'workers', claims: worker, groups: ['other-airflow'] }],
          },
        ],
      },
      services: { airflow: { type: 'airflow', url: company.airflowUrl, identity: { keyFile } } },
      direct: 'airflow',
      policy: {
        contact: 'Ask us.',
        grants: [
          { group: 'other-airflow', role: 'viewer' },
          { group: 'other-airflow', role: 'user', dags: ['hello'] },
        ],
      },
    })
  })
  afterAll(async () => {
    await relay?.close()
    await people?.close()
    await cluster?.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('Airflow’s own client reads, triggers what it may, and no more; Airflow and the audit log show which it was', async () => {
    const tokenFile = join(folder, 'token')
    const serviceaccount = { name: 'airflow-worker', uid: '00000000-0000-0000-0000-000000000000' }
    const claims = {
      sub: 'system:serviceaccount:airflow:airflow-worker',
      'kubernetes.io': { namespace: 'airflow', serviceaccount },
      aud: ['jetway'],
      email: undefined,
      groups: undefined,
    }
    await writeFile(tokenFile, await cluster.token(claims, { typ: undefined }))
    const script = join(import.meta.dirname, 'python/machine_in_airflow.py')
    const python = join(company.airflowClientBin, 'python')
    const output = await run(python, [script, relay.url, tokenFile, 'hello', 'finance_close'])
    expect(JSON.parse(output)).toEqual({
      dags: ['etl_orders', 'finance_close', 'hello'],
      runs: { hello: 'k8s:airflow@airflow-worker', finance_close: 403 },
    })
    const triggered = await eventually('the record', async () =>
      (await relay.records()).find(({ verb, kind }) => verb === 'run.trigger' && kind === 'request'),
    )
    expect(triggered).toMatchObject({
      principal: {
        kind: 'machine',
        name: 'k8s:airflow@airflow-worker',
        authentication: { by: 'identity.federation.k8s', rule: 'workers' },
      },
      source: { via: 'direct' },
    })
  })
})
