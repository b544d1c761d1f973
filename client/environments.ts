import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { versionText } from '#shared/ipc/access.ts'
import { environmentColors } from '#shared/ipc/environment-color.ts'
import { appearanceFor } from './appearance.ts'
import { writeFileAtomic } from './write-file-atomic.ts'

const seenAirflow = z.strictObject({
  version: versionText,
  /** ISO 8601 times at which it was seen first, and last. */
  since: z.iso.datetime(),
  seen: z.iso.datetime(),
  /** The one before it, and when that was seen last; null where there was none. */
  before: z.strictObject({ version: versionText, until: z.iso.datetime() }).nullable(),
})
const serviceOfVersion1 = z.strictObject({
  name: z.string().min(1),
  type: z.enum(['airflow', 'http', 'tcp']),
  localPort: z.int().min(1).max(65535),
})
const service = serviceOfVersion1.extend({
  /** As it was seen last; null where no relay has told. */
  airflow: seenAirflow.nullable(),
})
const environmentOfVersion1 = z.strictObject({
  name: z.string().min(1),
  relayUrl: z.url({ protocol: /^https?$/ }),
  /** PEM of authorities to trust besides this machine's; null for none. */
  ca: z.string().nullable(),
  /** Set where this machine signs in by its AWS identity; the region whose STS it uses, null for one that fits. */
  aws: z.strictObject({ region: z.string().nullable() }).nullable().default(null),
  /** As the relay said last, with the local port that each has on this machine. */
  services: z.array(serviceOfVersion1),
})
const environmentOfVersion2 = environmentOfVersion1.extend({
  color: z.enum(environmentColors),
  production: z.boolean(),
})
const environment = environmentOfVersion2.extend({ services: z.array(service) })
const file = z.discriminatedUnion('version', [
  z.strictObject({ version: z.literal(1), environments: z.array(environmentOfVersion1) }),
  z.strictObject({ version: z.literal(2), environments: z.array(environmentOfVersion2) }),
  z.strictObject({ version: z.literal(3), environments: z.array(environment) }),
])

export type SavedEnvironment = z.infer<typeof environment>
export type SeenAirflow = z.infer<typeof seenAirflow>

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
      switch (saved.version) {
        case 1:
          return unseen(marked(saved.environments))
        case 2:
          return unseen(saved.environments)
        case 3:
          return saved.environments
      }
    } catch (cause) {
      throw this.#invalid('is not a list of environments', cause)
    }
  }

  async write(environments: readonly SavedEnvironment[]): Promise<void> {
    await writeFileAtomic(this.#path, `${JSON.stringify({ version: 3, environments }, null, 2)}\n`)
  }

  #invalid(what: string, cause: unknown): JetwayError {
    return new JetwayError('CONFIG_INVALID', { reason: `${this.#path} ${what}` }, { cause })
  }
}

type OfVersion1 = z.infer<typeof environmentOfVersion1>
type OfVersion2 = z.infer<typeof environmentOfVersion2>

/** Before version 2 environments had no marks: they get them as if they were added now, one after the other. */
function marked(environments: readonly OfVersion1[]): OfVersion2[] {
  const result: OfVersion2[] = []
  for (const environment of environments)
    result.push({ ...environment, ...appearanceFor(environment.name, result) })
  return result
}

/** Before version 3 nobody looked which Airflow it was. */
function unseen(environments: readonly OfVersion2[]): SavedEnvironment[] {
  return environments.map((environment) => ({
    ...environment,
    services: environment.services.map((service) => ({ ...service, airflow: null })),
  }))
}
