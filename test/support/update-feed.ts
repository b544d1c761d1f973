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
  /** What it sends when the package is asked for. */
  sends: string
  readonly #file: string
  readonly #server: Server
  #feed: object = {}

  /** @param file the one package that it has */
  constructor(file: string) {
    this.#file = file
    this.sends = file
    this.#server = createServer((request, response) => {
      const path = new URL(request.url as string, 'http://feed').pathname
      this.asked.push(path)
      if (path === '/latest-linux.yml') response.end(stringify(this.#feed))
      else if (path === `/${basename(file)}`) createReadStream(this.sends).pipe(response)
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
    const sha512 = createHash('sha512')
      .update(await readFile(this.#file))
      .digest('base64')
    const files = [{ url: basename(this.#file), sha512, size: (await stat(this.#file)).size }]
    const key = createPrivateKey(await readFile(signingKey))
    const signature = sign(null, signedBytes({ version, files }), key).toString('base64')
    const releaseDate = new Date().toISOString()
    this.#feed = change({ version, files, path: basename(this.#file), sha512, releaseDate, signature })
    this.asked.length = 0
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}
