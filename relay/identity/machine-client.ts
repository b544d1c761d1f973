import type { JWTPayload } from 'jose'
import { isPrintable } from './printable.ts'

/**
 * The client that a token stands for, where it stands for no person: one got by the client's own credentials
 * (RFC 6749 §4.4). RFC 9068 §2.2 says `sub` is the client then; not every provider does as it says. Whatever is not known
 * for certain is a person, who gets nothing from `identity.oidc.clients`.
 */
export function machineClientOf(payload: JWTPayload): string | null {
  for (const tell of [standard, okta, auth0, entra, keycloak]) {
    const client = tell(payload)
    if (typeof client === 'string' && isPrintable(client)) return client
  }
  return null
}

type Tell = (payload: JWTPayload) => unknown

/** RFC 9068: the subject is the client. */
const standard: Tell = ({ client_id: client, sub }) => client === sub && client

/** Okta calls the client `cid`. */
const okta: Tell = ({ cid, sub }) => cid === sub && cid

/** Auth0 names the grant, and the subject `<client>@clients`, which no person’s is. */
const auth0: Tell = ({ gty, azp, sub }) =>
  gty === 'client-credentials' && typeof azp === 'string' && sub === `${azp}@clients` && azp

/**
 * Entra ID: `idtyp` says so, where the application asks for it. Elsewhere an application’s token has no scopes of a person
 * (`scp`), and is about the application’s own object. Version 1 tokens call the client `appid`.
 */
const entra: Tell = ({ idtyp, tid, oid, scp, azp, appid, sub }) => {
  const isUnsaid = idtyp === undefined && typeof tid === 'string' && oid === sub && scp === undefined
  return (idtyp === 'app' || isUnsaid) && (azp ?? appid ?? (idtyp === 'app' && sub))
}

/**
 * Keycloak: the subject is a user of the client’s, whose name no other user of the realm can have; `client_id` is in the
 * tokens of those alone. A name by itself proves nothing: where people may register, they choose theirs.
 */
const keycloak: Tell = ({ client_id: client, azp, preferred_username: name }) =>
  typeof client === 'string' && client === azp && name === `service-account-${client.toLowerCase()}` && client
