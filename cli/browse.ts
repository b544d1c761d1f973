import open from 'open'
import type { ControlListener } from '#client/control/control-client.ts'
import type { Output } from './output.ts'

/** Shows where to sign in: in the system browser, as an address to open oneself, or on another device. */
export function showSignIn(
  output: Output,
  useBrowser: boolean,
): Pick<ControlListener, 'browse' | 'deviceCode'> {
  return {
    browse({ environment, url }) {
      output.say(`To sign in to ${environment}, open:\n  ${url}`, { event: 'browse', environment, url })
      if (useBrowser) openInBrowser(url, output)
    },
    deviceCode(code) {
      const { environment, userCode, verificationUri, verificationUriComplete, expiresInSeconds } = code
      const direct =
        verificationUriComplete === null ? '' : `\nor, with the code in it:\n  ${verificationUriComplete}`
      output.say(
        `To sign in to ${environment}, open on any device:\n  ${verificationUri}\nand enter the code:\n  ${userCode}${direct}`,
        { event: 'device-code', ...code },
      )
      output.note(`Waiting for that, at most ${Math.ceil(expiresInSeconds / 60)} minutes. Ctrl-C ends it.`)
    },
  }
}

export function openInBrowser(url: string, output: Output): void {
  open(url).then(
    (child) => child.once('error', () => output.note('No browser could be started.')),
    () => output.note('No browser could be started.'),
  )
}
