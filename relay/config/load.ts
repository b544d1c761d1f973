import { createHash, createPrivateKey, type KeyObject } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { RelayConfig } from '#shared/config/relay-config.ts'
import type { TcpServiceConfig } from '#shared/config/tcp-service.ts'
import { type Mistake, parseYaml } from '#shared/config/yaml.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { isLoopback } from '#shared/loopback.ts'
import { relayService } from '#shared/protocol/wire.ts'
import { originOf } from '../audit/audit-key.ts'
import { ownHeaderMistakes } from '../http/filters/own-headers.ts'
import { awsMistakes } from '../identity/aws/mistakes.ts'
import { cedarMistakes, connectMistakes, httpMistakes, policyMistakes } from '../policy/mistakes.ts'
import type { CedarFile } from '../policy/own-policies.ts'
import { type LoadedListen, loadListen } from './listen.ts'
import { type LoadedEntrance, loadEntrances } from './load-entrances.ts'
import { loadFederation } from './load-federation.ts'
import { identityUrls, type LoadedPeople, loadPeople } from './people.ts'
import { type RelayDocument, relaySchema } from './schema.ts'
import { keyMistakes, type LoadedIdentity, loadIdentity, type SigningIdentity } from './signing-keys.ts'

type Path = ReadonlyArray<string | number>

/** A configuration with every file that it names read and checked. */
export type LoadedConfig = Omit<RelayDocument, 'listen' | 'services' | 'audit' | 'identity'> & {
  /** Hash of the document and its Cedar files: the generation's id. */
  readonly generation: string
  readonly listen: LoadedListen
  /** By the names of `identity.signedHeaders`. */
  readonly entrances: Readonly<Record<string, LoadedEntrance>>
  readonly services: Readonly<Record<string, LoadedService>>
  readonly identity: LoadedPeople
  readonly audit: Omit<RelayConfig['audit'], 'keyFile' | 'origin'> & {
    readonly origin: string
    readonly key: KeyObject
  }
  /** What the sender of security events sends in its Authorization header; null where nobody sends any. */
  readonly ssfAuthorization: string | null
  /** What `policy.cedarFiles` names. */
  readonly cedarFiles: readonly CedarFile[]
}

type WithKeys<Service extends { identity: SigningIdentity }> = Omit<Service, 'identity'> & {
  readonly identity: LoadedIdentity<Service['identity']>
}
type AirflowService = Extract<RelayConfig['services'][string], { type: 'airflow' }>
type HttpService = Extract<RelayConfig['services'][string], { type: 'http' }>
/** A service that speaks HTTP. */
export type LoadedHttpService = WithKeys<AirflowService> | WithKeys<HttpService>
type LoadedService = TcpServiceConfig | LoadedHttpService

const maxFileBytes = 1_048_576
const minSecretChars = 32

/**
 * Reads a configuration; paths in it are relative to it.
 *
 * @throws CONFIG_INVALID naming every mistake with its line and path
 */
export function loadConfig(path: string): LoadedConfig {
  const text = readConfigFile(path)
  const document = parseYaml(text)
  const mistakes: Mistake[] = [...document.mistakes]
  const parsed = relaySchema.safeParse(document.value, { reportInput: true })
  if (!parsed.success && document.mistakes.length === 0) {
    for (const issue of parsed.error.issues) mistakes.push(...document.mistakesOf(issue))
  }
  if (!parsed.success || mistakes.length > 0) throw invalid(path, mistakes)

  const config = parsed.data
  const at = (where: Path, what: string) => mistakes.push({ ...document.place(where), what })
  const folder = dirname(resolve(path))
  const read = (where: Path, file: string): string | null => {
    try {
      return readFileSync(resolve(folder, file), 'utf8')
    } catch (error) {
      at(where, `${file} cannot be read (${(error as NodeJS.ErrnoException).code})`)
      return null
    }
  }
  const isPrivate = (where: Path, file: string): boolean => {
    if (process.platform === 'win32' || (statSync(resolve(folder, file)).mode & 0o077) === 0) return true
    at(where, `${file} can be read by others; chmod 600 it`)
    return false
  }
  const readKey = (where: Path, file: string): KeyObject | null => {
    const pem = read(where, file)
    if (pem === null || !isPrivate(where, file)) return null
    try {
      return createPrivateKey(pem)
    } catch {
      at(where, `${file} holds no private key in PEM form`)
      return null
    }
  }
  const readSecret = (where: Path, file: string): string | null => {
    const text = read(where, file)?.trim() ?? null
    if (text !== null) isPrivate(where, file)
    if (text !== null && text.length < minSecretChars)
      at(where, `${file} holds less than ${minSecretChars} characters, which can be guessed`)
    return text
  }
  const readEd25519 = (where: Path, file: string): KeyObject | null => {
    const key = readKey(where, file)
    if (key && key.asymmetricKeyType !== 'ed25519') at(where, `${file} is no Ed25519 key`)
    return key
  }

  const reader = { at, read, readKey, resolve: (file: string) => resolve(folder, file) }
  const listen = loadListen(config.listen, ['listen'], reader)
  const entrances = loadEntrances(config, reader)
  checkUrls(config, at)
  if (Object.hasOwn(config.services, relayService))
    at(
      ['services', relayService],
      'is the relay’s own name inside a session; call the service something else',
    )
  for (const name of ['health', 'metrics'] as const)
    if (config[name]?.port === config.listen.port) at([name, 'port'], 'is the relay’s own port')
  if (config.health && config.health.port === config.metrics?.port)
    at(['health', 'port'], 'is the port of metrics')
  if (config.direct !== null && !Object.hasOwn(config.services, config.direct)) {
    at(['direct'], `there is no service ${config.direct}`)
  } else if (config.direct !== null && config.services[config.direct]?.type === 'tcp') {
    at(['direct'], `${config.direct} is a tcp service, which HTTP does not reach`)
  }
  const inPolicy = [
    ...policyMistakes(config.policy),
    ...connectMistakes(config.policy, config.services),
    ...httpMistakes(config.policy, config.services),
  ]
  const cedarFiles = config.policy.cedarFiles.map((name, i) => ({
    name,
    text: read(['policy', 'cedarFiles', i], name) ?? '',
  }))
  if (inPolicy.length === 0) inPolicy.push(...cedarMistakes(config.policy, cedarFiles))
  for (const { path: where, what } of inPolicy) at(['policy', ...where], what)
  for (const { path: where, what } of ownHeaderMistakes(config.filters, config.services))
    at(['filters', ...where], what)
  for (const { path: where, what } of awsMistakes(config.identity, config.publicUrl))
    at(['identity', 'aws', ...where], what)
  const services: Record<string, LoadedService> = {}
  for (const [name, service] of Object.entries(config.services)) {
    if (service.type === 'tcp') {
      services[name] = service
      continue
    }
    const identity = loadIdentity(service.identity, ['services', name, 'identity'], reader)
    if (identity) services[name] = { ...service, identity } as LoadedHttpService
  }
  for (const { path: where, what } of keyMistakes(services)) at(where, what)
  const { ssf } = config.identity
  const ssfAuthorization = ssf
    ? readSecret(['identity', 'ssf', 'authorizationFile'], ssf.authorizationFile)
    : null
  const people = loadPeople(config.identity, folder, { at, read, readKey })
  const identity = { ...people, federation: loadFederation(config.identity, config.publicUrl, folder, at) }
  const { keyFile, ...auditConfig } = config.audit
  const auditKey = readEd25519(['audit', 'keyFile'], keyFile)
  if (mistakes.length > 0 || !auditKey) throw invalid(path, mistakes)
  return Object.freeze({
    ...config,
    generation: generationOf(text, cedarFiles),
    listen,
    entrances,
    services,
    ssfAuthorization,
    cedarFiles,
    control: { socket: config.control.socket && resolve(folder, config.control.socket) },
    audit: {
      ...auditConfig,
      file: resolve(folder, auditConfig.file),
      origin: auditConfig.origin ?? originOf(config.publicUrl),
      key: auditKey,
    },
    state: { file: resolve(folder, config.state.file) },
    identity,
  })
}

/** The id of the generation that a document and its Cedar files make. */
export function generationOf(text: string, files: readonly CedarFile[]): string {
  const hash = createHash('sha256').update(text)
  for (const file of files) hash.update('\0').update(file.text)
  return hash.digest('hex').slice(0, 16)
}

/** @throws CONFIG_INVALID when it cannot be read or is over 1 MiB */
export function readConfigFile(path: string): string {
  try {
    if (statSync(path).size > maxFileBytes)
      throw invalid(path, [{ line: 1, path: '', what: 'is over 1 MiB' }])
    return readFileSync(path, 'utf8')
  } catch (cause) {
    if (cause instanceof JetwayError) throw cause
    const reason = `${path} cannot be read (${(cause as NodeJS.ErrnoException).code})`
    throw new JetwayError('CONFIG_INVALID', { reason }, { cause })
  }
}

/** Plain http carries tokens, and what people did: only on this machine. */
function checkUrls(config: RelayConfig, at: (where: Path, what: string) => void): void {
  const urls: [Path, string][] = [
    ...(config.telemetry
      ? [[['telemetry', 'otlpEndpoint'], config.telemetry.otlpEndpoint] as [Path, string]]
      : []),
    [['publicUrl'], config.publicUrl],
    ...identityUrls(config.identity),
    ...(config.identity.aws?.webIdentity?.issuers ?? []).map(({ issuer }, i): [Path, string] => [
      ['identity', 'aws', 'webIdentity', 'issuers', i, 'issuer'],
      issuer,
    ]),
    ...ssfUrls(config),
  ]
  for (const [where, url] of urls) {
    const { protocol, hostname } = new URL(url)
    if (protocol === 'http:' && !isLoopback(hostname)) at(where, 'has to be https, except on a loopback host')
  }
}

function ssfUrls({ identity: { ssf } }: RelayConfig): [Path, string][] {
  if (!ssf) return []
  const urls: [Path, string][] = [[['identity', 'ssf', 'issuer'], ssf.issuer]]
  if (ssf.jwksUrl !== null) urls.push([['identity', 'ssf', 'jwksUrl'], ssf.jwksUrl])
  return urls
}

/** CONFIG_INVALID with a line for each mistake. */
export function invalid(path: string, mistakes: readonly Mistake[]): JetwayError {
  const lines = [...mistakes]
    .sort((a, b) => a.line - b.line)
    .map(({ line, path: where, what }) => `${path}:${line} ${where === '' ? '' : `${where} `}${what}`)
  return new JetwayError('CONFIG_INVALID', { reason: [...new Set(lines)].join('\n') })
}
