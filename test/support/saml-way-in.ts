import type { Principal } from '../../relay/identity/principal.ts'
import { principalOfAssertion } from '../../relay/saml/principal.ts'
import { verifyResponse } from '../../relay/saml/response.ts'
import { entityId, newId, type SamlKey, samlResponse } from './saml-provider.ts'
import type { Someone } from './someone.ts'

/** Who a SAML provider's signed response says that someone is. */
export async function principalOfSaml(
  { subject, email, groups, authTime, acr }: Someone,
  { relay, key }: { relay: string; key: SamlKey },
): Promise<Principal> {
  const requestId = newId()
  const [acsUrl, audience] = [`${relay}/saml/acs`, `${relay}/saml/metadata`]
  const instant = new Date((authTime ?? 0) * 1000).toISOString()
  const xml = samlResponse({
    acsUrl,
    audience,
    requestId,
    key,
    nameId: escaped(subject),
    attributes: {
      ...(email === null ? {} : { email: [escaped(email)] }),
      groups: (groups ?? []).map(escaped),
    },
    alterAssertion: (assertion) =>
      assertion
        .replace(/AuthnInstant="[^"]*"/, `AuthnInstant="${instant}"`)
        .replace(/(?<=<saml:AuthnContextClassRef>)[^<]*/, acr ?? ''),
  })
  const assertion = await verifyResponse(Buffer.from(xml).toString('base64'), {
    issuer: entityId,
    certificates: [key.certificate],
    audience,
    acsUrl,
    requestId,
    clockToleranceSeconds: 30,
  })
  const saml = { entityId, sessionMinutes: 60, emailAttribute: 'email', groupsAttribute: 'groups' }
  return principalOfAssertion(assertion, saml as never)
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)
}
