/** A feed of updates, as a web server would have it. */
import { createHash, createPrivateKey, sign } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { basename } from 'node:path'
import { stringify } from 'yaml'
import { signedBytes } from '../../main/update/feed-signature.ts'

interface Feed {
  readonly version: string
  readonly files: { url: string; sha512: string; size: number }[]
  readonly path: string
  readonly sha512: string
  readonly releaseDate: string
  readonly stagingPercentage?: number
  readonly signature: string
}

export class UpdateFeed {
  /** Paths that were asked for. */
  readonly asked: string[] = []
  /** What it sends when a package is asked for, by the path that is asked for. */
  readonly sends: Map<string, string>
  readonly #packages: readonly string[]
  readonly #server: Server
  #feed: object = {}

  /** @param packages all that it has of a version: each machine takes the one of its own kind */
  constructor(packages: readonly string[]) {
    this.#packages = packages
    this.sends = new Map(packages.map((file) => [`/${basename(file)}`, file]))
    this.#server = createServer((request, response) => {
      const path = new URL(request.url as string, 'http://feed').pathname
      this.asked.push(path)
      const sent = this.sends.get(path)
      if (path === '/latest-linux.yml') response.end(stringify(this.#feed))
      else if (sent !== undefined) createReadStream(sent).pipe(response)
      else response.writeHead(404).end()
    })
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
  }

  /** Shows a feed of this version, signed, and then changed as `change` does. */
  async show(
    version: string,
    signingKey: string,
    change: (feed: Feed) => object = (feed) => feed,
  ): Promise<void> {
    const files = await Promise.all(this.#packages.map(fileOf))
    const [{ url: path, sha512 }] = files as [Feed['files'][number]]
    const key = createPrivateKey(await readFile(signingKey))
    const signature = sign(null, signedBytes({ version, files }), key).toString('base64')
    const releaseDate = new Date().toISOString()
    this.#feed = change({ version, files, path, sha512, releaseDate, signature })
    this.asked.length = 0
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}

async function fileOf(path: string): Promise<Feed['files'][number]> {
  const sha512 = createHash('sha512')
    .update(await readFile(path))
    .digest('base64')
  return { url: basename(path), sha512, size: (await stat(path)).size }
}
