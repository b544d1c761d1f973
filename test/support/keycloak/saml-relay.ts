import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { passwordOf } from '../../../demo/provider/people.ts'
import { type OwnRelay, startOwnRelay } from '../own-relay.ts'
import { serviceAt } from '../people-relay.ts'
import { makeSamlKey } from '../saml-provider.ts'
import { startToldUpstream } from '../told-upstream.ts'
import { ownRealm } from './own-realm.ts'
import { samlClient } from './realm.ts'
import type { Realm } from './realms.ts'

/** Keycloak as a SAML provider, and a relay whose people sign in there. */
export interface SamlRelay {
  readonly realm: Realm
  readonly relay: OwnRelay
  /** `identity` of the relay's configuration. */
  readonly identity: object
  close(): Promise<void>
}

/** @param o.logouts the binding by which Keycloak says that someone is out */
export async function startSamlRelay(o: { logouts: 'post' | 'redirect' }): Promise<SamlRelay> {
  const folder = await mkdtemp(join(tmpdir(), 'saml-'))
  const key = await makeSamlKey()
  const signing = { key: join(folder, 'sp.key'), cert: join(folder, 'sp.crt') }
  await writeFile(signing.key, key.privateKey, { mode: 0o600 })
  await writeFile(signing.cert, key.certificate)
  const realm = await ownRealm()
  const metadata = { url: `${realm.issuer}/protocol/saml/descriptor` }
  const identity = { oidc: undefined, saml: { entityId: realm.issuer, metadata, signing } }
  const upstream = await startToldUpstream()
  const relay = await startOwnRelay('unused', {
    identity,
    services: { airflow: await serviceAt('airflow', upstream.url) },
    policy: {
      contact: 'Ask us.',
      grants: [
        { group: 'data-eng', role: 'viewer', dags: ['hello'] },
        // More than Keycloak does.
        {
          group: 'data-eng',
          role: 'viewer',
          dags: ['strong'],
          when: { acr: ['https://refeds.org/profile/mfa'] },
        },
      ],
    },
  })
  const client = samlClient({
    entityId: `${relay.url}/saml/metadata`,
    acsUrl: `${relay.url}/saml/acs`,
  }) as { attributes: object }
  const more = {
    [`saml_single_logout_service_url_${o.logouts}`]: `${relay.url}/saml/slo`,
    'saml.client.signature': 'true',
    'saml.signing.certificate': key.certificate.replace(/-----[A-Z ]+-----|\s/g, ''),
  }
  await realm.addClient({ ...client, attributes: { ...client.attributes, ...more } })
  return {
    realm,
    relay,
    identity,
    async close() {
      await relay.close()
      upstream.close()
      await realm.remove()
      await rm(folder, { recursive: true })
    },
  }
}

/**
 * Signs in at Keycloak's page, which asks a person that it knows for the password alone.
 *
 * @param then what the client's own page says in the end
 */
export async function signInAtKeycloak(page: Page, user: string, then = 'You are signed in'): Promise<void> {
  const [name, password] = [page.locator('input[name=username]'), page.locator('input[name=password]')]
  await password.waitFor()
  if (await name.isEditable({ timeout: 100 }).catch(() => false)) await name.fill(user)
  await password.fill(passwordOf(user))
  await page.locator('#kc-login').click()
  await page.getByText(then).waitFor()
}

/** Ends the session of a browser at Keycloak, and with it what it is signed in to. */
export async function logOutAtKeycloak(page: Page, realm: Realm): Promise<void> {
  await page.goto(`${realm.issuer}/protocol/openid-connect/logout`)
  await page.locator('#kc-logout').click()
}
