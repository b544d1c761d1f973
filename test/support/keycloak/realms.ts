import { randomUUID } from 'node:crypto'
import { keycloakAdmin } from '../../../build/setup/keycloak.ts'
import { realmOf } from './realm.ts'

/** A realm of a test's own, so that its settings are nobody else's. */
export interface Realm {
  readonly name: string
  readonly issuer: string
  /** Asks Keycloak's Admin REST API; `path` is below the realm, e.g. `/users`. @returns JSON; null without a body */
  admin(method: string, path: string, body?: object): Promise<unknown>
  /** Changes settings, by their names in RealmRepresentation, e.g. `{ accessTokenLifespan: 5 }` (seconds). */
  change(settings: object): Promise<void>
  /** @param client a ClientRepresentation */
  addClient(client: object): Promise<void>
  /** @param changes of its first level; its attributes are kept but for those given */
  changeClient(clientId: string, changes: { attributes?: object } & object): Promise<void>
  /** @param user a UserRepresentation @returns its id, which is the `sub` of its tokens */
  addUser(user: object): Promise<string>
  userId(username: string): Promise<string>
  /** The token endpoint's answer. */
  tokens(parameters: Record<string, string>): Promise<{ access_token: string } & Record<string, unknown>>
  remove(): Promise<void>
}

/** @param url of a Keycloak whose administrator is that of build/setup/keycloak.ts */
export async function addRealm(url: string): Promise<Realm> {
  const name = `test-${randomUUID()}`
  const issuer = `${url}/realms/${name}`
  await asAdmin(url, 'POST', '/admin/realms', realmOf(name))
  const admin: Realm['admin'] = (method, path, body) =>
    asAdmin(url, method, `/admin/realms/${name}${path}`, body)
  const one = async (path: string) => {
    const [found] = (await admin('GET', path)) as { id: string; attributes?: object }[]
    if (!found) throw new Error(`there is nothing at ${path}`)
    return found
  }
  const userId = async (username: string) =>
    (await one(`/users?exact=true&username=${encodeURIComponent(username)}`)).id
  return {
    name,
    issuer,
    admin,
    async change(settings) {
      await admin('PUT', '', settings)
    },
    async addClient(client) {
      await admin('POST', '/clients', client)
    },
    async changeClient(clientId, changes) {
      const client = await one(`/clients?clientId=${encodeURIComponent(clientId)}`)
      const attributes = { ...client.attributes, ...changes.attributes }
      await admin('PUT', `/clients/${client.id}`, { ...client, ...changes, attributes })
    },
    async addUser(user) {
      await admin('POST', '/users', { enabled: true, ...user })
      return userId((user as { username: string }).username)
    },
    userId,
    async tokens(parameters) {
      const response = await fetch(`${issuer}/protocol/openid-connect/token`, {
        method: 'POST',
        body: new URLSearchParams(parameters),
      })
      const answer = (await response.json()) as { access_token: string }
      if (!response.ok) throw new Error(JSON.stringify(answer))
      return answer
    },
    async remove() {
      await admin('DELETE', '')
    },
  }
}

async function asAdmin(url: string, method: string, path: string, body?: object): Promise<unknown> {
  // Good for a minute only, so each gets its own.
  const signIn = { grant_type: 'password', client_id: 'admin-cli', ...keycloakAdmin }
  const tokens = await fetch(`${url}/realms/master/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams(signIn),
  })
  const { access_token } = (await tokens.json()) as { access_token: string }
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return text === '' ? null : JSON.parse(text)
}
