import { isIP } from 'node:net'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { AuditRecord } from '../../audit/record.ts'
import { type LoadedPolicy, loadPolicy } from '../../config/load-policy.ts'
import type { Circumstances, Who } from '../../policy/ask.ts'
import { confFacts } from '../../policy/conf-facts.ts'
import { explain } from '../../policy/explain.ts'
import { compilePolicy } from '../../policy/policy.ts'
import { type AccessQuestion, deedOf } from '../../policy/question.ts'
import { recordedQuestion } from '../../policy/recorded-question.ts'
import { auditFilesOf, readAll } from './audit-files.ts'
import { explanationText, explanationValue } from './explanation.ts'
import { print, printJson } from './print.ts'

export interface ExplainOptions {
  readonly config: string
  readonly as?: string
  readonly groups?: readonly string[]
  readonly kind: Who['kind']
  readonly do?: string
  readonly request?: string
  readonly dag?: string
  readonly service?: string
  readonly tags?: readonly string[]
  readonly conf?: string
  readonly at?: string
  readonly from?: string
  readonly authAge?: string
  readonly acr?: string
  readonly record?: string
  readonly audit?: readonly string[]
  readonly json?: true
}

/**
 * @returns the exit code: 0 for what is allowed, that of the error for what is not
 * @throws USAGE, RECORD_UNKNOWN, AUDIT_UNREADABLE, CONFIG_INVALID
 */
export async function explainPolicy(o: ExplainOptions): Promise<number> {
  const loaded = loadPolicy(o.config)
  const record = o.record === undefined ? null : await findRecord(o.record, loaded, o.audit)
  const question = record ? recordedQuestion(record) : questionOf(o)
  const policy = compilePolicy(loaded.config, loaded.cedarFiles)
  const explanation = question && explain(loaded, policy, question)
  if (o.json) {
    const now = question && explanation ? explanationValue(question, explanation) : null
    const value = record ? { recorded: record, generation: loaded.generation, now } : now
    printJson(value)
  } else {
    const then = record ? recordText(record, loaded) : ''
    print(then + (question && explanation ? explanationText(loaded, question, explanation) : ''))
  }
  return explanation?.decision.effect === 'deny' ? explanation.decision.error.entry.exit : 0
}

function questionOf(o: ExplainOptions): AccessQuestion {
  const what = o.request ?? o.do
  if (what === undefined || (o.request !== undefined && o.do !== undefined)) {
    throw usage('Say what is done: either --do <verb>, or --request, or --record.')
  }
  if (o.request !== undefined && !o.request.includes(' ')) {
    throw usage('A request is a method and a path, in quotes: "GET /api/v2/dags".')
  }
  return {
    who: { kind: o.kind, name: o.as ?? null, groups: o.groups ?? [] },
    deed: deedOf(what, o),
    given: circumstancesOf(o),
  }
}

function circumstancesOf({ tags, conf, at, from, authAge, acr }: ExplainOptions): Circumstances {
  const time = at === undefined ? Date.now() : Date.parse(at)
  if (Number.isNaN(time)) throw usage(`--at ${at} is no time such as 2026-06-01T08:00:00Z.`)
  if (from !== undefined && isIP(from) === 0) throw usage(`--from ${from} is no IP address.`)
  if (authAge !== undefined && !/^\d{1,9}$/.test(authAge)) throw usage(`--auth-age ${authAge} is no number.`)
  return {
    tags: tags ?? null,
    conf: confFacts(conf === undefined ? null : parseConf(conf)),
    at: time,
    from: from ?? null,
    authAgeSeconds: authAge === undefined ? null : Number(authAge),
    acr: acr ?? null,
  }
}

function parseConf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>
    }
  } catch {
    // Said below, in the same words
  }
  throw usage('--conf has to be a JSON object.')
}

async function findRecord(
  id: string,
  loaded: LoadedPolicy,
  named: readonly string[] | undefined,
): Promise<AuditRecord> {
  const files = auditFilesOf(loaded, named)
  for await (const record of readAll(files)) if (record.id === id) return record
  throw new JetwayError('RECORD_UNKNOWN', { file: files.join(', '), id })
}

function recordText({ id, time, decision, verb, generation }: AuditRecord, loaded: LoadedPolicy): string {
  const policies = decision?.policies.join(', ') || 'no grant'
  const was =
    decision?.effect === 'allow'
      ? `allowed by ${policies}`
      : `denied with ${decision?.code}, having ${policies}`
  const same = generation === loaded.generation ? 'this configuration' : `not this one, ${loaded.generation}`
  return `Record ${id} of ${time}, by generation ${generation} (${same}):
  ${verb ?? 'what has no verb'} was ${was}
Now:
`
}

function usage(reason: string): JetwayError {
  return new JetwayError('USAGE', { reason })
}
