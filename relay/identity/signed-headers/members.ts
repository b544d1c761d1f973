import type { JWTPayload } from 'jose'
import type { SignedHeaderConfig } from '#shared/config/identity/signed-headers.ts'
import type { Principal } from '../principal.ts'

/**
 * The principal with the groups that the configuration puts them into. An address that the provider has not verified is
 * anybody's. Where the configuration names members, a provider that says nothing of groups leaves nothing unknown; one that
 * left some out does.
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
  if (Object.keys(members).length === 0) return principal
  const { groupsMissing, ...known } = principal
  const groups = Object.freeze([...new Set([...principal.groups, ...configured])])
  const isKnown = groupsMissing === undefined || groupsMissing === 'absent'
  return Object.freeze({ ...known, groups, ...(isKnown ? {} : { groupsMissing }) })
}
