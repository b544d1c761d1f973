import { isIP } from 'node:net'
import { z } from 'zod'
import { type AirflowRole, airflowRoles } from '#shared/config/policy-config.ts'
import { type Mistake, parseYaml } from '#shared/config/yaml.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { invalid, readConfigFile } from '../config/load.ts'
import { confFacts } from './conf-facts.ts'
import { type AccessQuestion, deedOf } from './question.ts'

/** One thing that a policy has to answer. */
export interface PolicyCase {
  readonly name: string
  /** Where it stands: `cases.yaml:12`. */
  readonly at: string
  readonly question: AccessQuestion
  readonly expect: 'allow' | 'deny'
  /** The id of a policy among those that decide, or the code of the denial; null for any. */
  readonly because: string | null
  /** The role in Airflow of an allow; null for any. */
  readonly airflowRole: AirflowRole | null
}

const policyCase = z.strictObject({
  name: z.string().min(1).max(200),
  as: z.strictObject({
    name: z.string().min(1).max(256).nullable().default(null),
    groups: z.array(z.string().min(1).max(256)).max(500).default([]),
    kind: z.enum(['person', 'machine', 'agent']).default('person'),
  }),
  do: z.string().min(1).max(8192),
  dag: z.string().min(1).max(250).optional(),
  service: z.string().min(1).max(64).optional(),
  tags: z.array(z.string().min(1).max(100)).max(500).nullable().default(null),
  conf: z.record(z.string(), z.unknown()).nullable().default(null),
  at: z.iso.datetime({ offset: true }).optional(),
  from: z
    .string()
    .refine((text) => isIP(text) !== 0, 'an IP address')
    .nullable()
    .default(null),
  authAgeSeconds: z.int().min(0).nullable().default(null),
  acr: z.string().min(1).max(200).nullable().default(null),
  expect: z.enum(['allow', 'deny']),
  because: z.string().min(1).max(4096).nullable().default(null),
  airflowRole: z.enum(airflowRoles).nullable().default(null),
})

const casesDocument = z.strictObject({
  version: z.literal(1),
  cases: z.array(policyCase).min(1).max(10_000),
})

/** @throws CONFIG_INVALID naming every mistake with its line and path */
export function loadCases(path: string): PolicyCase[] {
  return parseCases(path, readConfigFile(path))
}

/** @param path as mistakes name it */
export function parseCases(path: string, text: string): PolicyCase[] {
  const document = parseYaml(text)
  if (document.mistakes.length > 0) throw invalid(path, document.mistakes)
  const parsed = casesDocument.safeParse(document.value, { reportInput: true })
  if (!parsed.success) throw invalid(path, parsed.error.issues.flatMap(document.mistakesOf))
  const mistakes: Mistake[] = []
  const now = Date.now()
  const cases = parsed.data.cases.flatMap(({ as: who, do: what, dag, service, at, ...rest }, i) => {
    const { name, expect, because, airflowRole, conf, ...given } = rest
    const place = ['cases', i]
    if (airflowRole !== null && expect === 'deny') {
      mistakes.push({ ...document.place([...place, 'airflowRole']), what: 'is for what is allowed' })
    }
    try {
      const question = {
        who,
        deed: deedOf(what, { dag, service }),
        given: { ...given, conf: confFacts(conf), at: at === undefined ? now : Date.parse(at) },
      }
      const line = document.place(place).line
      return [{ name, at: `${path}:${line}`, question, expect, because, airflowRole }]
    } catch (error) {
      if (!(error instanceof JetwayError)) throw error
      mistakes.push({ ...document.place([...place, 'do']), what: error.message })
      return []
    }
  })
  if (mistakes.length > 0) throw invalid(path, mistakes)
  return cases
}
