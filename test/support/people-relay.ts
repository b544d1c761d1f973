import type { Logger } from 'pino'
import { freePort } from '../../demo/free-port.ts'
import { audience, clientId, scopes } from '../../demo/provider/provider.ts'
import { type OwnRelay, startOwnRelay } from './own-relay.ts'

/**
 * A relay at which the people of the demo's provider sign in, with Airflow behind it, at a local port that is free.
 *
 * @param config in place of what there is: data-eng reads everything
 */
export async function startPeopleRelay(
  issuer: string,
  airflowUrl: string,
  config: { oidc?: object; services?: object; policy?: object; direct?: string } = {},
  log?: Logger,
): Promise<OwnRelay> {
  const { oidc, services, ...rest } = config
  return startOwnRelay(
    issuer,
    {
      identity: { oidc: { issuer, clientId, audience, scopes, resource: audience, ...oidc } },
      services: { airflow: await serviceAt('airflow', airflowUrl), ...services },
      policy: { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'viewer' }] },
      ...rest,
    },
    log,
  )
}

/** A service of a relay's configuration, which clients find at a port that is free. */
export async function serviceAt(type: 'airflow' | 'http', url: string) {
  return { type, url, localPort: await freePort(), identity: { keyFile: 'relay.pem' } }
}
