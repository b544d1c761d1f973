import assert from 'node:assert/strict'
import { analyseBody, possibleParts } from '#shared/airflow/body/analyse.ts'
import { catalogue } from '#shared/airflow/catalogue.ts'
import { resolve } from '#shared/airflow/resolve.ts'
import { sampleRequest } from '../../support/sample-request.ts'
import { ascii, join, orRefused, type Target } from '../target.ts'

const operations = catalogue.filter(({ body }) => body !== null)

/**
 * Bodies that say what they touch: an operation by its number, then the body. What is read of a JSON body is what any
 * other parser reads of it: every name stands in it, and it is read the same when it is written anew.
 */
export const bodies: Target = {
  name: 'bodies',
  seeds: [
    ...operations.map((operation, i) => join(Uint8Array.of(i), ascii(sampleRequest(operation).body ?? ''))),
    join(
      numberOf('bulk_dag_runs'),
      ascii('{"actions":[{"action":"update","entities":[{"dag_run_id":"r","dag_id":"x"}]}]}'),
    ),
    join(
      numberOf('bulk_task_instances'),
      ascii('{"actions":[{"action":"delete","entities":["t",{"task_id":"u","dag_run_id":null}]}]}'),
    ),
    join(numberOf('clear_dag_runs'), ascii('{"dag_runs":[{"dag_run_id":"r","dag_id":""}],"dry_run":false}')),
    join(numberOf('post_clear_task_instances'), ascii('{"include_subdags":true,"task_ids":[["t",1]]}')),
  ],
  words: [
    ...[
      '"actions"',
      '"action"',
      '"entities"',
      '"dag_id"',
      '"Dag_id"',
      '"dag_run_id"',
      '"task_id"',
      '"dag_ids"',
    ],
    ...[
      '"key"',
      '"name"',
      '"pool"',
      '"conf"',
      '"create"',
      '"update"',
      '"delete"',
      '"~"',
      '""',
      'null',
      'true',
    ],
    ...[
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '\\"',
      '\\u0022',
      '\\ud800',
      '\xef\xbb\xbf',
      '\xff',
      '\0',
      ' ',
      '1e9',
      '-0',
    ],
    ...[
      'dag_id=',
      'dag_ids=',
      '&',
      '=',
      '%7E',
      '%25',
      'recursive=true',
      'unpause=1',
      'conf={}',
      '"__proto__"',
    ],
  ].map(ascii),
  cuts: (input) =>
    [...input.keys()].filter((at) => at > 0 && '{}[],:&='.includes(String.fromCharCode(input[at] ?? 0))),
  run(input) {
    const operation = operations[(input[0] ?? 0) % operations.length]
    if (!operation) return
    const { method, target, contentType } = sampleRequest(operation)
    const what = resolve(method, target, operation.airflow)
    assert.equal(what?.operation, operation)
    const bytes = input.subarray(1)
    const read = (body: Uint8Array) =>
      orRefused(['BAD_REQUEST'], () => analyseBody(what, { bytes: body, contentType, target }))
    const facts = read(bytes)
    if (facts === null) return
    assert.ok(facts.touched.length > 0 && facts.touched.length <= 1000)
    const possible = new Set(possibleParts(what).flatMap((part) => part.operation.verb))
    for (const { operation: done, resource } of facts.touched) {
      const isKnown = possible.has(done.verb) || operation.also.includes(done.verb ?? 'x.x')
      assert.ok(isKnown || done.verb === 'dag.write', `${done.verb} was not to be expected`)
      assert.notEqual(resource.dag, '')
    }
    if (operation.body?.startsWith('form') || bytes.length === 0) return
    const anew = JSON.stringify(JSON.parse(new TextDecoder().decode(bytes)))
    assert.deepEqual(read(new TextEncoder().encode(anew)), facts)
  },
}

function numberOf(id: string): Uint8Array {
  return Uint8Array.of(operations.findIndex((operation) => operation.id === id))
}
