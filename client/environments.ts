import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { environmentColors } from '#shared/ipc/environment-color.ts'
import { appearanceFor } from './appearance.ts'
import { writeFileAtomic } from './write-file-atomic.ts'

const environmentOfVersion1 = z.strictObject({
  name: z.string().min(1),
  relayUrl: z.url({ protocol: /^https?$/ }),
  /** PEM of authorities to trust besides this machine's; null for none. */
  ca: z.string().nullable(),
  /** Set where this machine signs in by its AWS identity; the region whose STS it uses, null for one that fits. */
  aws: z.strictObject({ region: z.string().nullable() }).nullable().default(null),
  /** As the relay said last, with the local port that each has on this machine. */
  services: z.array(
    z.strictObject({
      name: z.string().min(1),
      type: z.enum(['airflow', 'http', 'tcp']),
      localPort: z.int().min(1).max(65535),
    }),
  ),
})
const environment = environmentOfVersion1.extend({
  color: z.enum(environmentColors),
  production: z.boolean(),
})
const file = z.discriminatedUnion('version', [
  z.strictObject({ version: z.literal(1), environments: z.array(environmentOfVersion1) }),
  z.strictObject({ version: z.literal(2), environments: z.array(environment) }),
])

export type SavedEnvironment = z.infer<typeof environment>

/** The environments that a person has added. Nothing in it is secret. */
export class EnvironmentFile {
  readonly #path: string

  constructor(home: string) {
    this.#path = join(home, 'environments.json')
  }

  /** @throws CONFIG_INVALID when it is there and cannot be understood: it is never written over then */
  async read(): Promise<SavedEnvironment[]> {
    let text: string
    try {
      text = await readFile(this.#path, 'utf8')
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw this.#invalid('cannot be read', cause)
    }
    try {
      const saved = file.parse(JSON.parse(text))
      return saved.version === 2 ? saved.environments : marked(saved.environments)
    } catch (cause) {
      throw this.#invalid('is not a list of environments', cause)
    }
  }

  async write(environments: readonly SavedEnvironment[]): Promise<void> {
    await writeFileAtomic(this.#path, `${JSON.stringify({ version: 2, environments }, null, 2)}\n`)
  }

  #invalid(what: string, cause: unknown): JetwayError {
    return new JetwayError('CONFIG_INVALID', { reason: `${this.#path} ${what}` }, { cause })
  }
}

/** Before version 2 environments had no marks: they get them as if they were added now, one after the other. */
function marked(environments: ReadonlyArray<z.infer<typeof environmentOfVersion1>>): SavedEnvironment[] {
  const result: SavedEnvironment[] = []
  for (const environment of environments)
    result.push({ ...environment, ...appearanceFor(environment.name, result) })
  return result
}
