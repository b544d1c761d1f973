import type { JWTPayload } from 'jose'
import type { SignedHeaderConfig } from '#shared/config/identity/signed-headers.ts'
import type { Principal } from '../principal.ts'

/**
 * The principal with the groups that the configuration puts them into. An address that the provider has not verified is
 * anybody's.
 */
export function withMembership(
  principal: Principal,
  { email_verified: verified }: JWTPayload,
  { members }: Pick<SignedHeaderConfig, 'members'>,
): Principal {
  const email = verified === false || verified === 'false' ? null : principal.email?.toLowerCase()
  const configured = Object.entries(members)
    .filter(([, people]) =>
      people.some((who) => who === principal.subject || (email != null && who.toLowerCase() === email)),
    )
    .map(([group]) => group)
  if (configured.length === 0) return principal
  const groups = Object.freeze([...new Set([...principal.groups, ...configured])])
  return Object.freeze({ ...principal, groups })
}
