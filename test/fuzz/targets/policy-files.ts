import assert from 'node:assert/strict'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { parseRecord } from '../../../relay/audit/read-records.ts'
import { type PolicyCase, parseCases } from '../../../relay/policy/cases.ts'
import { deedWords } from '../../../relay/policy/question.ts'
import { recordedQuestion } from '../../../relay/policy/recorded-question.ts'
import { auditRecord } from '../../support/audit-record.ts'
import { ascii, type Target } from '../target.ts'

const cases = `version: 1
cases:
  - name: a
    as: { name: x, groups: [g], kind: agent }
    do: run.trigger
    dag: etl
    tags: [pii]
    conf: { a: 1 }
    at: 2026-06-01T10:00:00+02:00
    from: 10.0.0.1
    authAgeSeconds: 60
    expect: allow
    because: g:user:etl
    airflowRole: user
  - { name: b, as: {}, do: tcp.connect, service: db, expect: deny }
  - { name: c, as: {}, do: "GET /api/v2/dags/a%20b?x=1", expect: deny }
`

const structure = new Set('{}[]:,\n'.split('').map((c) => c.charCodeAt(0)))

/** A line of an audit log, and a file of cases: refused, or something that can be asked and put into words. */
export const policyFiles: Target = {
  name: 'policy-files',
  seeds: [
    cases,
    JSON.stringify(auditRecord()),
    JSON.stringify(auditRecord({ method: null, path: null, verb: 'tcp.connect', resource: null })),
    JSON.stringify(auditRecord({ kind: 'session', principal: null, decision: null })),
  ].map(ascii),
  words: [
    '&a ',
    '*a',
    '<<: ',
    '? ',
    '!!js ',
    '- ',
    '"__proto__":{},',
    'null',
    '~',
    '1e999',
    '"dag":"~"',
    '%2f',
    '\\u0000',
    '\xff',
    '[[[[[[[[',
  ].map(ascii),
  cuts: (input) => [...input.keys()].filter((at) => structure.has(input[at] as number)),
  run(input) {
    const text = Buffer.from(input).toString('utf8')
    for (const { question, expect } of casesOrNone(text)) {
      assert(deedWords(question.deed).length > 0)
      assert(expect === 'allow' || expect === 'deny')
      assert(!Number.isNaN(question.given.at))
    }
    const record = parseRecord(input)
    const question = record && recordedQuestion(record)
    if (question) assert(deedWords(question.deed).length > 0)
  },
}

/** Its mistakes are a line each, as many as there are. */
function casesOrNone(text: string): PolicyCase[] {
  try {
    return parseCases('cases.yaml', text)
  } catch (error) {
    if (!(error instanceof JetwayError) || error.code !== 'CONFIG_INVALID') throw error
    return []
  }
}
