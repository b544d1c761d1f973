import type { WhoAmI } from '#shared/ipc/whoami.ts'
import { chooseEnvironment } from '../environment-choice.ts'
import type { Output } from '../output.ts'
import { type ConnectOptions, openEngine } from './connect.ts'

/** Says whom the relay takes the person, or this machine, for. Nobody is asked to sign in. */
export async function whoami(options: ConnectOptions, output: Output): Promise<void> {
  const access = await openEngine(options, output)
  try {
    const { name } = await chooseEnvironment(access.client, options)
    const who = await access.client.request('whoAmI', { environment: name })
    output.say(describe(name, who), { event: 'whoami', environment: name, ...who })
  } finally {
    await access.close()
  }
}

const missing: Readonly<Record<NonNullable<WhoAmI['groupsMissing']>, string>> = {
  absent: 'the provider names none',
  'too-many': 'not known: there are too many for the provider to name them',
  cut: 'not known: there may be more than the provider names',
}

function describe(environment: string, who: WhoAmI): string {
  const { name, kind, issuer, by, rule, acr, authTime, expires, groups, groupsMissing, bound } = who
  const how = [
    `by ${by}${rule === null ? '' : `, rule ${rule}`}`,
    ...(authTime === null ? [] : [`signed in at ${when(authTime)}`]),
    ...(acr === null ? [] : [`acr ${acr}`]),
  ]
  return [
    `${name} at ${environment}, a ${kind} of ${issuer}`,
    `  let in ${how.join(', ')}`,
    `  groups: ${groupsMissing === null ? groups.join(', ') || 'none' : missing[groupsMissing]}`,
    `  token: until ${when(expires)}, ${bound ? 'of no use without the key that is here' : 'of use to whoever has it'}`,
  ].join('\n')
}

function when(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+/, '')
}
