import { app } from 'electron'
import { parseDeepLink } from '#shared/deep-link.ts'
import { log } from './logs/log.ts'

const scheme = 'jetway'

/**
 * `jetway://add?…` links: of the command line on Linux and Windows, of `open-url` on macOS. To be made before the app is
 * ready, since macOS tells the link that started it before that.
 */
export class Links {
  #early: string[]
  #follow: ((link: string) => void) | null = null

  constructor() {
    const first = linkIn(process.argv)
    this.#early = first === null ? [] : [first]
    app.on('open-url', (event, link) => {
      event.preventDefault()
      if (this.#follow === null) this.#early.push(link)
      else this.#follow(link)
    })
    app.on('second-instance', (_event, argv) => {
      const link = linkIn(argv)
      if (link !== null) this.#follow?.(link)
    })
  }

  /** Gives `ask` the relay's origin of each link; what is no such link is not followed at all. */
  begin(ask: (relayUrl: string) => void): void {
    if (app.isPackaged) app.setAsDefaultProtocolClient(scheme)
    this.#follow = (link) => {
      const read = parseDeepLink(link)
      if (read === null) log('link-refused')
      else ask(read.relayUrl)
    }
    for (const link of this.#early) this.#follow(link)
    this.#early = []
  }
}

function linkIn(argv: readonly string[]): string | null {
  return argv.find((argument) => argument.toLowerCase().startsWith(`${scheme}:`)) ?? null
}
