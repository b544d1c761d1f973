import type { LoadedSaml } from '../config/people.ts'
import { principalOf } from '../identity/claims.ts'
import type { Principal } from '../identity/principal.ts'
import type { VerifiedAssertion } from './response.ts'

export const path = 'identity.saml'

/**
 * Who a verified assertion is about: by its NameID, whose e-mail address and groups the configured attributes are.
 *
 * @throws Error when the name or the groups are not usable
 */
export function principalOfAssertion(assertion: VerifiedAssertion, saml: LoadedSaml): Principal {
  const { nameId, attributes, authnInstant, authnContext, sessionIndex, sessionEnds } = assertion
  const ends = Math.floor(Date.now() / 1000) + saml.sessionMinutes * 60
  const emails = saml.emailAttribute === null ? [nameId] : (attributes.get(saml.emailAttribute) ?? [])
  const claims = {
    iss: saml.entityId,
    sub: nameId,
    exp: Math.min(ends, sessionEnds ?? ends),
    // Of several addresses it is not known which one is meant.
    ...(emails.length === 1 ? { email: emails[0] } : {}),
    groups: attributes.get(saml.groupsAttribute) ?? [],
    auth_time: authnInstant,
    ...(sessionIndex === null ? {} : { sid: sessionIndex }),
    ...(authnContext === null ? {} : { acr: authnContext }),
  }
  return principalOf(claims, 'groups', path)
}
