import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Generation } from '../generation.ts'
import type { Authenticator } from '../identity/authenticator.ts'

/**
 * Tries what a generation stands on: the provider, and every service. What does not work is a failure where it works
 * for the generation before, and a warning where that fares no better: a reload neither breaks what works nor is held up
 * by what is broken already.
 *
 * @returns the warnings
 * @throws SELF_TEST_FAILED (a retry can help)
 */
export async function selfTest(next: Generation, before: Generation): Promise<string[]> {
  const reached = reachableOf(before)
  const services = [...reachableOf(next)].map(async ([path, reach]): Promise<Finding | null> => {
    const fault = await faultOf(reach)
    if (fault === null) return null
    const known = reached.get(path)
    const worked = known !== undefined && (await faultOf(known)) === null
    return { what: `${path}: ${fault}`, worked }
  })
  const providers = next.authenticators.all.map((authenticator) => providerFinding(authenticator, before))
  const found = await Promise.all([...providers, ...services])
  const findings = found.filter((finding) => finding !== null)
  const failures = findings.filter(({ worked }) => worked)
  if (failures.length > 0) throw new JetwayError('SELF_TEST_FAILED', { reason: sentences(failures) })
  return findings.map(({ what }) => what)
}

/** By where it stands in the configuration. */
function reachableOf({ services, tokenSources }: Generation): ReadonlyMap<string, () => Promise<void>> {
  const named = [...services].map(([name, reach]) => [`services.${name}`, reach] as const)
  return new Map([...named, ...tokenSources])
}

interface Finding {
  readonly what: string
  readonly worked: boolean
}

/**
 * The provider's keys are there before the swap, so that no request waits for them. While the same provider is away, the
 * keys that are known go on: or nobody could be shut out until it is back.
 */
async function providerFinding(next: Authenticator, before: Generation): Promise<Finding | null> {
  const fault = await faultOf(() => next.ready())
  if (fault === null) return null
  const what = `${next.path}: ${fault}`
  const known = before.authenticators.all.find(
    ({ issuer, path }) => issuer === next.issuer && path === next.path,
  )
  if (known && next.takeKeys(known))
    return { what: `${what} Its keys are used as they were known.`, worked: false }
  return {
    what,
    worked: before.authenticators.all.some(({ path, isReady }) => path === next.path && isReady),
  }
}

async function faultOf(check: () => Promise<void>): Promise<string | null> {
  try {
    await check()
    return null
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    return message === '' ? (code ?? 'unknown') : message
  }
}

function sentences(findings: readonly Finding[]): string {
  return findings.map(({ what }) => what).join(' ')
}
