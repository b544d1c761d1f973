import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { policyConfig } from '#shared/config/policy-config.ts'
import { type Mistake, parseYaml } from '#shared/config/yaml.ts'
import type { PolicySource } from '../policy/explain.ts'
import { cedarMistakes, connectMistakes, httpMistakes, policyMistakes } from '../policy/mistakes.ts'
import { generationOf, invalid, readConfigFile } from './load.ts'

/** The policy of a configuration, without the keys and certificates that only the relay's own machine has. */
export interface LoadedPolicy extends PolicySource {
  /** The id of the generation that the document makes. */
  readonly generation: string
  /** Where the relay writes its audit log; null where the document does not say. */
  readonly auditFile: string | null
  /** Where something of the policy stands: `relay.yaml:31`. */
  at(path: ReadonlyArray<PropertyKey>): string
}

/** As much of a service as `policy.connect` is held against. */
const service = z.looseObject({ type: z.string() })

const policyDocument = z.looseObject({
  policy: policyConfig,
  services: z.record(z.string(), service).default({}),
  audit: z.looseObject({ file: z.string().min(1) }).optional(),
})

/** @throws CONFIG_INVALID naming every mistake of the policy with its line and path */
export function loadPolicy(path: string): LoadedPolicy {
  const text = readConfigFile(path)
  const document = parseYaml(text)
  if (document.mistakes.length > 0) throw invalid(path, document.mistakes)
  const parsed = policyDocument.safeParse(document.value, { reportInput: true })
  if (!parsed.success) throw invalid(path, parsed.error.issues.flatMap(document.mistakesOf))
  const { policy, services, audit } = parsed.data
  const folder = dirname(resolve(path))
  const mistakes: Mistake[] = []
  const at = (where: ReadonlyArray<PropertyKey>, what: string) =>
    mistakes.push({ ...document.place(['policy', ...where]), what })
  const cedarFiles = policy.cedarFiles.map((name, i) => {
    try {
      return { name, text: readFileSync(resolve(folder, name), 'utf8') }
    } catch (error) {
      at(['cedarFiles', i], `${name} cannot be read (${(error as NodeJS.ErrnoException).code})`)
      return { name, text: '' }
    }
  })
  const found = [
    ...policyMistakes(policy),
    ...connectMistakes(policy, services),
    ...httpMistakes(policy, services),
  ]
  if (found.length === 0) found.push(...cedarMistakes(policy, cedarFiles))
  for (const { path: where, what } of found) at(where, what)
  if (mistakes.length > 0) throw invalid(path, mistakes)
  return {
    config: policy,
    cedarFiles,
    generation: generationOf(text, cedarFiles),
    auditFile: audit ? resolve(folder, audit.file) : null,
    at: (where) => `${path}:${document.place(['policy', ...where]).line}`,
  }
}
