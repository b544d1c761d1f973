import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { type PolicyConfig, policyConfig } from '#shared/config/policy-config.ts'
import { connectMistakes } from '../policy/connect.ts'
import { httpMistakes } from '../policy/http.ts'
import { policyMistakes } from '../policy/policy.ts'
import { generationOf, invalid, readConfigFile } from './load.ts'
import { type Mistake, parseYaml, type YamlDocument } from './yaml.ts'

/** The policy of a configuration, without the keys and certificates that only the relay's own machine has. */
export interface LoadedPolicy {
  readonly config: PolicyConfig
  /** The id of the generation that the document makes. */
  readonly generation: string
  /** Where the relay writes its audit log; null where the document does not say. */
  readonly auditFile: string | null
  /** Where something of the policy stands: `relay.yaml:31`. */
  at(path: ReadonlyArray<PropertyKey>): string
}

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
  const parsed = policyDocument.safeParse(document.value, { reportInput: true })
  if (document.mistakes.length > 0) throw invalid(path, document.mistakes)
  if (!parsed.success) throw invalid(path, parsed.error.issues.flatMap(document.mistakesOf))
  const { policy, services, audit } = parsed.data
  const mistakes = mistakesOf(document, policy, services)
  if (mistakes.length > 0) throw invalid(path, mistakes)
  return {
    config: policy,
    generation: generationOf(text),
    auditFile: audit ? resolve(dirname(path), audit.file) : null,
    at: (where) => `${path}:${document.place(['policy', ...where]).line}`,
  }
}

function mistakesOf(
  document: YamlDocument,
  policy: PolicyConfig,
  services: Readonly<Record<string, z.infer<typeof service>>>,
): Mistake[] {
  const mistakes = [
    ...policyMistakes(policy),
    ...connectMistakes(policy, services),
    ...httpMistakes(policy, services),
  ]
  return mistakes.map(({ path, what }) => ({
    ...document.place(['policy', ...path]),
    what,
  }))
}
