import { readFile } from 'node:fs/promises'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { LoadedSaml } from '../config/people.ts'
import { fetchText, unreachable } from '../identity/provider-keys.ts'
import { maxMetadataChars, type ProviderMetadata, parseProviderMetadata } from './provider-metadata.ts'

/** Between two tries to read them, in milliseconds. */
const cooldownMs = 30_000
/** For so long what was read of them counts; certificates expire meanwhile. */
const parsedMs = 60_000

/**
 * A provider's metadata, read again when they are old, or when a signature is of a key that is not among them. What was
 * read last goes on while they cannot be read.
 */
export class MetadataSource {
  readonly #saml: Pick<LoadedSaml, 'entityId' | 'metadata' | 'refreshMinutes'>
  readonly #onError: (error: unknown) => void
  #text: string | null = null
  #readAt = 0
  #triedAt = 0
  #reading: Promise<void> | null = null
  #parsed: { at: number; metadata: ProviderMetadata } | null = null

  constructor(
    saml: Pick<LoadedSaml, 'entityId' | 'metadata' | 'refreshMinutes'>,
    onError: (error: unknown) => void,
  ) {
    this.#saml = saml
    this.#onError = onError
  }

  /** @throws PROVIDER_UNREACHABLE (a retry can help) */
  async current(): Promise<ProviderMetadata> {
    const isOld = Date.now() - this.#readAt > this.#saml.refreshMinutes * 60_000
    if (this.#text === null) await this.#read()
    else if (isOld) await this.renew()
    return this.#parse()
  }

  /** Reads them again, unless that was tried just now. @returns whether they are others */
  async renew(): Promise<boolean> {
    if (Date.now() - this.#triedAt < cooldownMs) return false
    const before = this.#text
    await this.#read().catch(this.#onError)
    return this.#text !== before
  }

  #read(): Promise<void> {
    this.#triedAt = Date.now()
    this.#reading ??= this.#readText()
      .then(async (text) => {
        // What cannot be used does not take the place of what can.
        await parseProviderMetadata(text, this.#saml.entityId)
        this.#text = text
        this.#readAt = Date.now()
        this.#parsed = null
      })
      .catch((cause: Error) => {
        throw unreachable(this.#saml.entityId, `its metadata cannot be used (${cause.message})`, cause)
      })
      .finally(() => {
        this.#reading = null
      })
    return this.#reading
  }

  async #readText(): Promise<string> {
    const { metadata } = this.#saml
    if ('file' in metadata) return readFile(metadata.file, 'utf8')
    const accept = 'application/samlmetadata+xml, application/xml, text/xml'
    return (await fetchText(metadata.url, accept, maxMetadataChars)).text
  }

  async #parse(): Promise<ProviderMetadata> {
    if (this.#parsed && Date.now() - this.#parsed.at < parsedMs) return this.#parsed.metadata
    try {
      const metadata = await parseProviderMetadata(this.#text as string, this.#saml.entityId)
      this.#parsed = { at: Date.now(), metadata }
      return metadata
    } catch (cause) {
      throw unreachable(
        this.#saml.entityId,
        `its metadata cannot be used (${(cause as Error).message})`,
        cause,
      )
    }
  }
}

/** The sources of a process: a generation goes on with what the one before has read. */
export class MetadataSources {
  readonly #sources = new Map<string, MetadataSource>()
  readonly #onError: (error: unknown) => void

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  of({ entityId, metadata, refreshMinutes }: LoadedSaml): MetadataSource {
    const key = JSON.stringify([entityId, metadata, refreshMinutes])
    const source =
      this.#sources.get(key) ?? new MetadataSource({ entityId, metadata, refreshMinutes }, this.#onError)
    this.#sources.set(key, source)
    return source
  }
}

/**
 * Refuses metadata in a file that cannot be used.
 *
 * @throws CONFIG_INVALID
 */
export async function requireMetadataFile(saml: LoadedSaml | undefined): Promise<void> {
  if (!saml || !('file' in saml.metadata)) return
  try {
    await new MetadataSource(saml, () => {}).current()
  } catch (cause) {
    const reason = `identity.saml.metadata.file: ${(cause as Error).message}`
    throw new JetwayError('CONFIG_INVALID', { reason }, { cause })
  }
}
