import { z } from 'zod'
import { type Mistake, parseYaml } from '#shared/config/yaml.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { environmentColors } from '#shared/ipc/environment-color.ts'
import { isLoopback } from '#shared/loopback.ts'

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'lower-case letters, digits and -')
const port = z.int().min(1).max(65_535)
const offer = z.strictObject({
  name,
  /** The relay's origin. */
  relayUrl: z.url({ protocol: /^https?$/ }).max(2048),
  /** File of authorities to trust besides the machine's; relative to this one. */
  ca: z.string().min(1).max(4096).optional(),
  color: z.enum(environmentColors).optional(),
  production: z.boolean().optional(),
  /** Local ports by service. */
  ports: z.record(name, port).optional(),
})
const companyFile = z.strictObject({
  version: z.literal(1),
  environments: z.array(offer).max(200),
})

/** An environment that the company proposes. What it leaves out is as for any other. */
export type CompanyEnvironment = z.infer<typeof offer>

/**
 * Reads a company's list of environments.
 *
 * @param path for the error
 * @throws COMPANY_FILE_INVALID with a line `file:line what` for each mistake
 */
export function parseCompanyFile(path: string, text: string): CompanyEnvironment[] {
  const document = parseYaml(text)
  if (document.mistakes.length > 0) throw invalid(path, document.mistakes)
  const parsed = companyFile.safeParse(document.value, { reportInput: true })
  if (!parsed.success) throw invalid(path, parsed.error.issues.flatMap(document.mistakesOf))

  const { environments } = parsed.data
  const mistakes: Mistake[] = []
  environments.forEach(({ name, relayUrl, ports = {} }, i) => {
    const at = (key: string, what: string) =>
      mistakes.push({ ...document.place(['environments', i, key]), what })
    const wrong = urlMistake(new URL(relayUrl))
    if (wrong) at('relayUrl', wrong)
    const before = environments.slice(0, i)
    if (before.some((other) => other.name === name)) at('name', `${name} is there twice`)
    if (before.some((other) => sameOrigin(other.relayUrl, relayUrl))) at('relayUrl', 'is there twice')
    if (new Set(Object.values(ports)).size < Object.keys(ports).length)
      at('ports', 'gives one port to two services')
  })
  if (mistakes.length > 0) throw invalid(path, mistakes)
  return environments.map((environment) => ({
    ...environment,
    relayUrl: new URL(environment.relayUrl).origin,
  }))
}

/** Where tokens would be sent in the clear, or a password would stand in a file that everyone can read. */
function urlMistake(url: URL): string | null {
  if (url.username !== '' || url.password !== '') return 'may hold no user and password'
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') return 'may have nothing behind the host'
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    return 'has to be https, except on a loopback host'
  return null
}

function sameOrigin(one: string, other: string): boolean {
  return new URL(one).origin === new URL(other).origin
}

function invalid(path: string, mistakes: readonly Mistake[]): JetwayError {
  const lines = [...mistakes]
    .sort((a, b) => a.line - b.line)
    .slice(0, maxMistakes)
    .map(({ line, path: where, what }) => `${path}:${line} ${where === '' ? '' : `${where} `}${what}`)
  return new JetwayError('COMPANY_FILE_INVALID', { reason: [...new Set(lines)].join('\n') })
}

/** Told at once. */
const maxMistakes = 20
