import { basename, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { StartPeer } from './peer.ts'

/**
 * A peer that is described by a file, JSON or a JS module with this as its default export. In `args`, `{host}` and
 * `{upstream}` stand for the far side's address and for the upstream's host:port.
 */
interface Contender {
  readonly name: string
  /** Runs on the near side and opens `port` of 127.0.0.1, in plain HTTP. */
  readonly command: string
  readonly args: readonly string[]
  readonly port: number
  /** Its other end, where it has one; runs on the far side, and listens on `port` of `{host}`. */
  readonly far?: { readonly command: string; readonly args: readonly string[]; readonly port: number }
}

/** @param file read when it is started */
export function contender(file: string): StartPeer {
  return async (site, upstream) => {
    const { name, command, args, port, far } = await read(file)
    const filled = (words: readonly string[]) =>
      words.map((word) =>
        word.replaceAll('{host}', site.farHost).replaceAll('{upstream}', `${site.farHost}:${upstream.port}`),
      )
    const logFile = join(site.folder, `${basename(file)}.log`)
    if (far !== undefined) {
      site.far.start(`${name} (far)`, far.command, filled(far.args), { logFile })
      await site.listening('far', far.port)
    }
    site.near.start(name, command, filled(args), { logFile })
    await site.listening('near', port)
    return { name, url: `http://127.0.0.1:${port}` }
  }
}

async function read(file: string): Promise<Contender> {
  const json = file.endsWith('.json') ? { with: { type: 'json' } } : {}
  const { default: contender } = await import(pathToFileURL(resolve(file)).href, json)
  return contender
}
