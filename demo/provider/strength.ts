import { interactionPolicy } from 'oidc-provider'

const { Check } = interactionPolicy

/** How strongly someone can sign in here (`acr`): with a password, or with more than that. */
export const acrValues = ['pwd', 'mfa']

/** Whoever is asked for a strength that they have not shown signs in once more. */
export const strengthCheck = new Check('acr_values', 'a stronger sign-in is asked for', ({ oidc }) => {
  const asked = askedFor(oidc.params?.acr_values)
  return asked !== null && !asked.includes(oidc.acr ?? '') && !oidc.result?.login
    ? Check.REQUEST_PROMPT
    : Check.NO_NEED_TO_PROMPT
})

/** What a sign-in is worth that was asked for with `acr_values`: this is a demo, there is no second factor. */
export function strengthOf(acr: unknown): string {
  return askedFor(acr)?.find((value) => acrValues.includes(value)) ?? 'pwd'
}

function askedFor(acr: unknown): string[] | null {
  return typeof acr === 'string' && acr !== '' ? acr.split(' ') : null
}
