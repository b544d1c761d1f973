import { openInBrowser } from '../browse.ts'
import { joinOrStartEngine, type TokenStoreOptions } from '../engine-access.ts'
import { pickEnvironment } from '../environment-choice.ts'
import type { Output } from '../output.ts'

interface LogoutOptions extends TokenStoreOptions {
  readonly env?: string
  readonly browser: boolean
  /** At the provider as well, in the person's browser. */
  readonly everywhere?: boolean
}

/** Forgets the sign-in here and revokes it at the provider, where that can be done. */
export async function logout(options: LogoutOptions, output: Output): Promise<void> {
  const access = await joinOrStartEngine(options)
  try {
    const { name } = pickEnvironment(await access.client.request('status', {}), options.env)
    const { environment, endSessionUrl } = await access.client.request('signOut', { environment: name })
    const url = options.everywhere ? endSessionUrl : null
    output.say(`Signed out of ${name}.`, {
      event: 'signed-out',
      environment,
      ...(options.everywhere ? { endSessionUrl: url } : {}),
    })
    if (!options.everywhere) return
    if (url === null)
      output.note('The provider’s own session stays: it has no page to end it, or was not reached.')
    else if (options.browser) openInBrowser(url, output)
    else output.note(`To end the provider’s own session, open:\n  ${url}`)
  } finally {
    await access.close()
  }
}
