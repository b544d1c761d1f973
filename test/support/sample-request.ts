import type { BodyForm, Operation } from '#shared/airflow/operation.ts'

export interface SampleRequest {
  readonly method: string
  readonly target: string
  readonly body: string | null
  readonly contentType: string
}

/** A request for an operation, as Airflow would take it, with a value for each parameter. */
export function sampleRequest({ method, path, body }: Operation): SampleRequest {
  const target = path
    .split('/')
    .map((part) => {
      if (part === '**') return 'some/thing'
      if (part.endsWith(':path}')) return 'a%20key/with/parts'
      return part.startsWith('{') ? `x_${part.slice(1, -1)}` : part
    })
    .join('/')
  const isForm = body?.startsWith('form') ?? false
  return {
    method,
    target,
    body: body === null ? null : bodies[body],
    contentType: isForm ? 'application/x-www-form-urlencoded' : 'application/json',
  }
}

const entity = { key: 'k', connection_id: 'c', name: 'p', dag_run_id: 'r', task_id: 't', value: 1 }

const bodies: Readonly<Record<BodyForm, string>> = {
  run: '{"logical_date":null,"conf":{"a":1}}',
  backfill: '{"dag_id":"etl"}',
  entity: JSON.stringify(entity),
  bulk: JSON.stringify({
    actions: [
      { action: 'create', entities: [entity] },
      { action: 'delete', entities: ['x'] },
    ],
  }),
  'clear-runs': '{"dag_runs":[{"dag_run_id":"r","dag_id":"etl"}]}',
  'clear-tasks': '{"dag_run_id":"r"}',
  'dag-ids': '{"dag_ids":["etl"]}',
  form: 'dag_id=etl&task_id=t',
  'form-dags': 'dag_ids=etl',
  'form-run': 'conf=%7B%7D',
}
