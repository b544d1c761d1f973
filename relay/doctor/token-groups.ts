import type { JWTPayload } from 'jose'
import type { OidcConfig } from '#shared/config/identity/oidc.ts'
import { presets } from '#shared/config/identity/presets.ts'
import { groupsOf } from '../identity/groups.ts'
import type { Principal } from '../identity/principal.ts'
import { type Say, shown } from './finding.ts'

const objectId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const mostNamed = 10

/**
 * Whether a token has groups, all of them, by the names that the policy has.
 *
 * @param o.payload of a token of the provider's that the relay may not believe; null where that tells nothing
 * @param o.principal of one that it does
 */
export function examineGroups(
  o: {
    oidc: OidcConfig
    payload: JWTPayload | null
    principal: Principal | null
    policyGroups: readonly string[]
  },
  say: Say,
): void {
  const { oidc, payload, policyGroups } = o
  const claim = shown(oidc.groupsClaim)
  const known = o.principal ?? (payload && unverified(payload, oidc.groupsClaim))
  if (known === null) return
  const { groups, groupsMissing } = known
  switch (groupsMissing) {
    case 'absent':
      say(
        'fault',
        'groups',
        `It has no claim ${claim}, so that no grant is for its bearer.`,
        absentRemedy(oidc),
      )
      return
    case 'too-many':
      say('fault', 'groups', `Its groups are left out: there are too many${limitWords(oidc)}.`, fewerRemedy)
      return
    case 'cut':
      say(
        'fault',
        'groups',
        `It may not have all groups: it has as many as can be${limitWords(oidc)}.`,
        fewerRemedy,
      )
      return
  }
  const inPolicy = groups.filter((group) => policyGroups.includes(group))
  if (inPolicy.length > 0) {
    const named = inPolicy.slice(0, mostNamed).join(', ')
    say('ok', 'groups', `It has ${groups.length} group(s); of these the policy speaks of ${named}.`)
  } else {
    const what = `It has ${groups.length} group(s), and the policy speaks of none of them.`
    say('warning', 'groups', what, namesRemedy(groups, policyGroups))
  }
}

function unverified(payload: JWTPayload, claim: string): Pick<Principal, 'groups' | 'groupsMissing'> | null {
  try {
    return groupsOf(payload, claim)
  } catch {
    return null
  }
}

const fewerRemedy = 'Have the provider send only the groups that are assigned to this application.'

const absentRemedies: Readonly<Record<string, string>> = {
  okta: 'Add a groups claim to the access tokens of the authorization server (Security › API › Claims).',
  entra: 'Add the groups claim to access tokens in the registration of the API (Token configuration).',
  keycloak:
    'Add a mapper “Group Membership”, without the full path, to the client. Without groups there is no claim.',
  auth0: 'Set the claim in an Action of the login flow (api.accessToken.setCustomClaim).',
}

function absentRemedy({ provider }: OidcConfig): string {
  return (
    absentRemedies[provider ?? ''] ??
    'Have the provider put groups into its access tokens, and name the claim in identity.oidc.groupsClaim.'
  )
}

function namesRemedy(groups: readonly string[], policyGroups: readonly string[]): string {
  if (groups.some((group) => objectId.test(group)) && !policyGroups.some((group) => objectId.test(group)))
    return 'It names groups by object id, as Entra ID does: write the ids into the policy.'
  if (groups.some((group) => group.startsWith('/')) && !policyGroups.some((group) => group.startsWith('/')))
    return 'It names groups by their path: turn off “Full group path” in Keycloak’s mapper, or write /name.'
  return 'Compare how the provider spells them with policy.grants.'
}

/** What the provider does to long lists of groups, in words. */
function limitWords({ provider }: OidcConfig): string {
  const preset = provider && presets[provider]
  const limit = preset?.groupsLeftOutAbove ?? preset?.groupsCutAt
  return preset && limit ? ` (${preset.name}: ${limit})` : ''
}
