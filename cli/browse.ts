import open from 'open'
import type { ControlListener } from '#client/control/control-client.ts'
import type { Output } from './output.ts'

/** Shows the provider's page: in the system browser, or as an address to open oneself. */
export function browseWith(output: Output, useBrowser: boolean): ControlListener['browse'] {
  return ({ environment, url }) => {
    output.say(`To sign in to ${environment}, open:\n  ${url}`, { event: 'browse', environment, url })
    if (useBrowser) openInBrowser(url, output)
  }
}

export function openInBrowser(url: string, output: Output): void {
  open(url).then(
    (child) => child.once('error', () => output.note('No browser could be started.')),
    () => output.note('No browser could be started.'),
  )
}
