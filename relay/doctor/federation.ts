import { readFileSync } from 'node:fs'
import { type FederatedIssuer, issuerOf } from '#shared/config/identity/federation.ts'
import { fetchKeysWith, pathOf } from '../identity/federation.ts'
import { type FetchKeys, fetchJson, metadataUrl } from '../identity/provider-keys.ts'
import { fetchAndExamineKeys, letThrough } from './fetch-keys.ts'
import { type Finding, findings, reasonOf, type Say, shown } from './finding.ts'
import { examineKeys } from './keys.ts'

/**
 * Tries an issuer of machines' tokens as the relay will use it.
 *
 * @param o.policyGroups what the policy speaks of
 */
export async function examineFederation(
  config: FederatedIssuer,
  { publicUrl, policyGroups }: { publicUrl: string; policyGroups: readonly string[] },
): Promise<readonly Finding[]> {
  const path = pathOf(config)
  const { found, say } = findings(path)
  await examineItsKeys(config, `${path}.algorithms`, say)
  examineAudience(config, publicUrl, say)
  for (const { name, groups } of config.rules) {
    if (groups.some((group) => policyGroups.includes(group))) continue
    const what = `The rule ${name} lets machines in as ${groups.slice(0, 10).join(', ')}, of which the policy does not speak.`
    say('warning', 'rules', what, 'Name one of them in policy.grants, or mend the rule.')
  }
  say('ok', 'rules', `${config.rules.length} rule(s) let machines in.`)
  return found
}

async function examineItsKeys(config: FederatedIssuer, path: string, say: Say): Promise<void> {
  const { algorithms: accepted, clockToleranceSeconds: toleranceSeconds, jwksFile } = config
  if (jwksFile !== undefined) {
    examineKeys(JSON.parse(readFileSync(jwksFile, 'utf8')), { accepted, path }, say)
    return
  }
  const issuer = issuerOf(config) ?? ''
  const ask = fetchKeysWith(config, issuer)
  const url = config.jwksUrl ?? (await discover(issuer, ask, say))
  if (url !== null)
    await fetchAndExamineKeys({ url: new URL(url), issuer, accepted, path, toleranceSeconds, ask }, say)
}

/** Where its keys are; null where that is not said, which then is. */
async function discover(issuer: string, ask: FetchKeys, say: Say): Promise<string | null> {
  const url = metadataUrl(issuer)
  const answer = await fetchJson(url, issuer, ask).catch((error: Error) => error)
  if (answer instanceof Error) {
    say('fault', 'discovery', `${url} cannot be read (${reasonOf(answer)}).`, letThrough)
    return null
  }
  const { issuer: own, jwks_uri: keys } = (answer.json ?? {}) as { issuer?: unknown; jwks_uri?: unknown }
  if (own !== issuer) {
    const what = `It calls itself ${shown(own)}, and the configuration says ${shown(issuer)}.`
    say(
      'fault',
      'issuer',
      what,
      'Write the issuer exactly as it does, also whether there is a slash at the end.',
    )
    return null
  }
  if (typeof keys !== 'string' || !URL.canParse(keys)) {
    say('fault', 'keys', 'Its metadata do not say where its keys are.', 'Name them in jwksUrl or jwksFile.')
    return null
  }
  if (new URL(keys).protocol !== 'https:' && new URL(issuer).protocol === 'https:') {
    say('fault', 'keys', 'Its keys are not on https.', 'Have it mended there.')
    return null
  }
  say('ok', 'issuer', `${url} answers, and calls itself what the configuration does.`)
  return keys
}

function examineAudience({ audience }: FederatedIssuer, publicUrl: string, say: Say): void {
  if (audience === publicUrl) say('ok', 'audience', `Tokens have to be for ${shown(audience)} alone.`)
  else {
    const what = `Tokens have to be for ${shown(audience)} alone. \`jetway\` asks for ${shown(publicUrl)}.`
    say('note', 'audience', what, 'Have jobs ask for that audience themselves, or write publicUrl there.')
  }
}
