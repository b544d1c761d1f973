import type { SignedHeaderConfig, SignedHeaderOf } from '#shared/config/identity/signed-headers.ts'
import type { LoadedEntrance } from '../config/load-entrances.ts'
import { albKeysFolder } from '../identity/signed-headers/alb-keys.ts'
import { accessKeys } from '../identity/signed-headers/cloudflare-access.ts'
import { iapKeys } from '../identity/signed-headers/google-iap.ts'
import { fetchAndExamineKeys, letThrough } from './fetch-keys.ts'
import { type Finding, findings, reasonOf, type Say, shown } from './finding.ts'
import { examineKeys } from './keys.ts'
import { examineListener } from './listener.ts'

const timeoutMs = 10_000

/**
 * Tries a balancer that signs who asks: the keys of the signer, for whom it has to sign, who is in groups, and the listener.
 *
 * @param name as in `identity.signedHeaders`
 * @param policyGroups what the policy speaks of
 */
export async function examineSignedHeader(
  name: string,
  { config, jwks, listen }: LoadedEntrance,
  policyGroups: readonly string[],
): Promise<readonly Finding[]> {
  const path = `identity.signedHeaders.${name}`
  const { found, say } = findings(path)
  await examineSigner(config, jwks, path, say)
  examineGroups(config, policyGroups, say)
  await examineListener(listen, config.publicUrl, say)
  return found
}

async function examineSigner(
  config: SignedHeaderConfig,
  jwks: LoadedEntrance['jwks'],
  path: string,
  say: Say,
): Promise<void> {
  const { clockToleranceSeconds: toleranceSeconds } = config
  const look = (url: URL, accepted: readonly string[], algorithms: string | null) =>
    fetchAndExamineKeys({ url, issuer: url.origin, accepted, path: algorithms, toleranceSeconds }, say)
  switch (config.from) {
    case 'aws-alb':
      await askForAlbKeys(config, say)
      say(
        'ok',
        'signer',
        `It has to be signed by ${config.signer}, for the client ${shown(config.clientId)}.`,
      )
      return
    case 'google-iap':
      await look(iapKeys, ['ES256'], null)
      break
    case 'cloudflare-access':
      await look(accessKeys(config), ['RS256'], null)
      break
    case 'jwt':
      if (config.jwksUrl !== undefined)
        await look(new URL(config.jwksUrl), config.algorithms, `${path}.algorithms`)
      else examineKeys({ keys: jwks }, { accepted: config.algorithms, path: `${path}.algorithms` }, say)
  }
  say('ok', 'audience', `It has to be for ${shown(config.audience)}.`)
}

/** Its keys are known by their ids alone, which are in what it signs: that one is not there is an answer, too. */
async function askForAlbKeys({ signer }: SignedHeaderOf<'aws-alb'>, say: Say): Promise<void> {
  const folder = albKeysFolder(signer)
  const url = `${folder}/00000000-0000-4000-8000-000000000000`
  const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) }).catch(
    (error: Error) => error,
  )
  if (answer instanceof Error)
    say('fault', 'keys', `${folder} cannot be reached (${reasonOf(answer)}).`, letThrough)
  else if (answer.status >= 500)
    say(
      'fault',
      'keys',
      `${folder} answers ${answer.status}.`,
      'Ask again; then see whether AWS has trouble.',
    )
  else say('ok', 'keys', `${folder} answers: its keys are fetched as they are named.`)
  if (!(answer instanceof Error)) await answer.body?.cancel()
}

function examineGroups(
  { from, members, groupsClaim }: SignedHeaderConfig,
  policyGroups: readonly string[],
  say: Say,
): void {
  const named = Object.keys(members)
  if (named.length > 0) {
    const known = named.filter((group) => policyGroups.includes(group))
    if (known.length > 0) say('ok', 'groups', `members names people of ${named.length} group(s).`)
    else {
      const what = 'The policy speaks of none of the groups in members.'
      say('warning', 'groups', what, 'Compare how they are spelled in policy.grants.')
    }
  } else if (from === 'google-iap') {
    const what = 'It says nothing of groups, and members names nobody: no grant is for anyone.'
    say('fault', 'groups', what, 'Name people in members.')
  } else
    say(
      'note',
      'groups',
      `Groups have to be in the claim ${shown(groupsClaim)}; it cannot be asked whether they are.`,
    )
}
