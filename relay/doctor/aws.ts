import { stsHost } from '#shared/aws/caller-identity.ts'
import type { AwsConfig } from '#shared/config/identity/aws.ts'
import { arnOf } from '../identity/aws/principals.ts'
import type { StsUrl } from '../identity/aws/sts.ts'
import { examineClock } from './clock.ts'
import { letThrough } from './fetch-keys.ts'
import { type Finding, findings, reasonOf, type Say } from './finding.ts'

const timeoutMs = 10_000

/**
 * Tries the STS of every region that the relay asks, without a signature, and looks at who of AWS is let in.
 *
 * @param o.policyGroups what the policy speaks of
 */
export async function examineAws(
  aws: AwsConfig,
  { policyGroups, stsUrl }: { policyGroups: readonly string[]; stsUrl: StsUrl },
): Promise<readonly Finding[]> {
  const { found, say } = findings('identity.aws')
  const { callerIdentity, regions, principals } = aws
  if (callerIdentity) {
    const { clockToleranceSeconds } = callerIdentity
    await Promise.all(regions.map((region) => askRegion(region, { stsUrl, clockToleranceSeconds }, say)))
  }
  for (const principal of principals) {
    if (principal.groups.some((group) => policyGroups.includes(group))) continue
    const what = `${arnOf(principal)} is in groups of which the policy does not speak.`
    say('warning', 'groups', what, 'Name one of them in policy.grants, or mend its groups.')
  }
  say('ok', 'principals', `${principals.length} role(s) and user(s) of AWS are let in.`)
  return found
}

async function askRegion(
  region: string,
  o: { stsUrl: StsUrl; clockToleranceSeconds: number },
  say: Say,
): Promise<void> {
  const host = stsHost(region)
  const asked = Date.now()
  const answer = await fetch(o.stsUrl(host), {
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((error: Error) => error)
  if (answer instanceof Error) {
    say('fault', 'sts', `${host} cannot be reached (${reasonOf(answer)}).`, letThrough)
    return
  }
  await answer.body?.cancel()
  if (answer.status >= 500) {
    const remedy = 'Ask again; then see whether AWS has trouble, or name another region.'
    say('fault', 'sts', `${host} answers ${answer.status}.`, remedy)
    return
  }
  say('ok', 'sts', `${host} answers.`)
  const date = answer.headers.get('date')
  examineClock({ date, asked, answered: Date.now(), toleranceSeconds: o.clockToleranceSeconds }, say)
}
