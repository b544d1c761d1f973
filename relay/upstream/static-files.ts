import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Upstream } from './upstream.ts'

/** A file of a web interface, as it is sent. */
export interface StaticFile {
  /** name, value, name, value …; without those below, and what is of one answer only. */
  readonly headers: readonly string[]
  readonly body: Buffer
  /** Weak: the same for every coding. */
  readonly etag: string
  readonly cacheControl: string
}

/** Content codings (RFC 9110 §8.4.1) that files are kept in. */
export type Coding = 'br' | 'gzip'

interface Entry {
  file: StaticFile | null
  readonly fetchedAt: number
  /** Asked for since it was kept. */
  wasWanted: boolean
}

const brotli = promisify(brotliCompress)
const gzipped = promisify(gzip)

/** Fast enough for the person who waits for it, and smaller than Airflow's own gzip: 1.82 of 2.12 MB, in 0.3 s. */
const firstBrotli = 5
/** 1.56 MB, but 15 s for the largest file of Airflow 3.3: once, for what is asked for again. */
const finalBrotli = 11
const maxFileBytes = 33_554_432
const maxEntries = 4096
/** A target without a version in it may have changed, and so may one that should not have. */
const refetchMs = 3_600_000
/** Each may hold a whole file in memory, and a processor. Those beyond go to the upstream. */
const maxBeingMade = 4
const yearSeconds = 31_536_000
const hourSeconds = 3600

/** Headers of an upstream's answer that say something else once the file is kept. */
const notKept =
  /^(connection|keep-alive|transfer-encoding|trailer|upgrade|content-length|content-encoding|accept-ranges|etag|cache-control|expires|pragma|age|vary|date|server|x-request-id)$/i
const compressible =
  /^(text\/|application\/(javascript|json|wasm|manifest\+json|xml)|image\/svg|font\/(ttf|otf)|application\/font-sfnt)/i

/**
 * Files of web interfaces that are the same for everyone: asked for once without anyone's identity, compressed once,
 * kept in memory, and told to browsers as what need not be asked for again.
 *
 * Nothing is kept that the upstream does not give to an unknown caller with 200, or that it says is private, sets a
 * cookie or varies by more than the coding.
 */
export class StaticFiles {
  readonly #maxBytes: number
  readonly #now: () => number
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>()
  readonly #beingMade = new Map<string, Promise<StaticFile | null>>()
  #bytes = 0
  #improving = Promise.resolve()

  /** @param maxBytes of bodies in memory; 0 keeps nothing */
  constructor(maxBytes: number, now: () => number = Date.now) {
    this.#maxBytes = maxBytes
    this.#now = now
  }

  /** Bytes of bodies in memory. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * @param target path and query, as received
   * @returns null where it has to be asked of the upstream
   */
  async get(upstream: Upstream, target: string, coding: Coding): Promise<StaticFile | null> {
    if (this.#maxBytes === 0) return null
    const key = `${coding} ${upstream.origin}${target}`
    const entry = this.#entries.get(key)
    if (entry && this.#now() - entry.fetchedAt < refetchMs) {
      this.#entries.delete(key)
      this.#entries.set(key, entry)
      const isCompressed = entry.file?.headers.includes('content-encoding')
      if (!entry.wasWanted && isCompressed && coding === 'br') this.#improve(key, entry, upstream, target)
      entry.wasWanted = true
      return entry.file
    }
    const making = this.#beingMade.get(key)
    if (making) return making
    if (this.#beingMade.size >= maxBeingMade) return null
    const made = fetchFile(upstream, target, coding, firstBrotli)
      .then((file) => {
        this.#keep(key, { file, fetchedAt: this.#now(), wasWanted: false })
        return file
      })
      .finally(() => this.#beingMade.delete(key))
    this.#beingMade.set(key, made)
    return made
  }

  /** Resolves when nothing is being compressed any more. */
  settled(): Promise<void> {
    return this.#improving
  }

  /** One at a time: people's requests need the processor more. */
  #improve(key: string, entry: Entry, upstream: Upstream, target: string): void {
    this.#improving = this.#improving.then(async () => {
      const file = await fetchFile(upstream, target, 'br', finalBrotli)
      if (file && this.#entries.get(key) === entry && file.body.length < (entry.file?.body.length ?? 0)) {
        this.#keep(key, { ...entry, file })
      }
    })
  }

  #keep(key: string, entry: Entry): void {
    this.#drop(key)
    const bytes = sizeOf(entry)
    // One file must not push all others out.
    if (bytes > this.#maxBytes / 2) return
    this.#entries.set(key, entry)
    this.#bytes += bytes
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes && this.#entries.size <= maxEntries) return
      this.#drop(oldest)
    }
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    this.#entries.delete(key)
    this.#bytes -= sizeOf(entry)
  }
}

function sizeOf({ file }: Entry): number {
  return file?.body.length ?? 0
}

/** Never throws: what goes wrong here, the person's own request to the upstream will tell. */
async function fetchFile(
  upstream: Upstream,
  target: string,
  coding: Coding,
  quality: number,
): Promise<StaticFile | null> {
  try {
    const answer = await upstream.pool.request({
      method: 'GET',
      path: target,
      headers: { 'accept-encoding': 'identity' },
      responseHeaders: 'raw',
    })
    const rawHeaders = answer.headers as unknown as string[]
    if (answer.statusCode !== 200 || !mayBeKept(rawHeaders)) {
      answer.body.on('error', () => {}).destroy()
      return null
    }
    const plain = await readAtMost(answer.body, maxFileBytes)
    return plain && (await asKept(rawHeaders, target, plain, coding, quality))
  } catch {
    return null
  }
}

async function readAtMost(body: AsyncIterable<Buffer>, limit: number): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > limit) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function mayBeKept(rawHeaders: readonly string[]): boolean {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const value = (rawHeaders[i + 1] as string).toLowerCase()
    switch ((rawHeaders[i] as string).toLowerCase()) {
      case 'set-cookie':
      case 'content-encoding':
        return false
      case 'cache-control':
        if (/\b(no-store|private)\b/.test(value)) return false
        break
      case 'vary':
        if (!/^\s*accept-encoding\s*$/.test(value)) return false
        break
    }
  }
  return true
}

async function asKept(
  rawHeaders: readonly string[],
  target: string,
  plain: Buffer,
  coding: Coding,
  quality: number,
): Promise<StaticFile> {
  const etag = `W/"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`
  const headers: string[] = []
  let contentType = ''
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name, value] = [rawHeaders[i] as string, rawHeaders[i + 1] as string]
    if (name.toLowerCase() === 'content-type') contentType = value
    if (!notKept.test(name)) headers.push(name, value)
  }
  let body = plain
  if (compressible.test(contentType)) {
    const compressed = await compress(plain, coding, quality)
    if (compressed.length < plain.length) {
      body = compressed
      headers.push('content-encoding', coding)
    }
  }
  // Private: whoever may see it is decided at each request, so no cache between may give it to others.
  const cacheControl = isVersioned(target)
    ? `private, max-age=${yearSeconds}, immutable`
    : `private, max-age=${hourSeconds}`
  headers.push('content-length', String(body.length), 'vary', 'accept-encoding')
  return { headers, body, etag, cacheControl }
}

function compress(plain: Buffer, coding: Coding, quality: number): Promise<Buffer> {
  if (coding === 'gzip') return gzipped(plain, { level: 9 })
  return brotli(plain, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
    },
  })
}

/**
 * Whether a target names one content for ever: Vite's hash in the name of an asset (Airflow 3), webpack's (Airflow 2),
 * or a version in the query.
 */
export function isVersioned(target: string): boolean {
  const [path = '', query = ''] = target.split('?', 2)
  return (
    /\/assets\/[^/]+-[A-Za-z0-9_-]{8}\.\w+$/.test(path) ||
    /\/dist\/[^/]+\.[0-9a-f]{16,64}\.\w+$/.test(path) ||
    /(^|&)v=[^&]+/.test(query)
  )
}
