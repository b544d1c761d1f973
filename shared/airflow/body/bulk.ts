import type { Operation, ResolvedOperation, Resource, Verb } from '../operation.ts'
import { part } from '../touched.ts'
import { asList, asObject, type JsonObject, memberOf, notTooLong, refused, textOf } from './json.ts'

const verbs = { create: 'write', update: 'write', delete: 'delete' } as const

/**
 * The entities of a bulk body, `{actions: [{action, entities: [...]}]}`, each with what is done to it. A create may
 * overwrite, so it takes the same as an update.
 *
 * An entity of a run or a task may name its own DAG and run, and Airflow takes those before the ones of the path.
 *
 * @throws BAD_REQUEST for a body of another shape
 * @see airflow/api_fastapi/core_api/datamodels/common.py, services/public/{dag_run,task_instances}.py
 */
export function bulkParts({ operation, resource }: ResolvedOperation, body: unknown): ResolvedOperation[] {
  const [kind = ''] = (operation.verb ?? '').split('.')
  const document = asObject(body, 'The body')
  return asList(memberOf(document, 'actions'), 'actions').flatMap((one) => {
    const action = asObject(one, 'An action')
    const name = memberOf(action, 'action')
    if (name !== 'create' && name !== 'update' && name !== 'delete') {
      throw refused('action has to be create, update or delete.')
    }
    const verb: Verb = `${kind}.${verbs[name]}`
    return asList(memberOf(action, 'entities'), 'entities').map((entity) => {
      const named = typeof entity === 'string' && name === 'delete' ? entity : asObject(entity, 'An entity')
      return part(operation, verb, resourceOf(operation, resource, kind, named))
    })
  })
}

/** What a body with one new entity is about. */
export function entityPart({ operation, resource }: ResolvedOperation, body: unknown): ResolvedOperation {
  const [kind = ''] = (operation.verb ?? '').split('.')
  const named = asObject(body, 'The body')
  return { operation, resource: resourceOf(operation, resource, kind, named) }
}

function resourceOf(
  operation: Operation,
  path: Resource,
  kind: string,
  entity: JsonObject | string,
): Resource {
  switch (kind) {
    case 'run':
      return runOf(path, entity)
    case 'task':
      return taskOf(path, entity)
    default:
      return {
        ...path,
        name: typeof entity === 'string' ? nonEmpty(entity) : nameOf(operation, kind, entity),
      }
  }
}

export function runOf(path: Resource, entity: JsonObject | string): Resource {
  if (typeof entity === 'string') return { ...path, run: nonEmpty(entity) }
  return { ...path, dag: textOf(entity, 'dag_id') ?? path.dag, run: required(entity, 'dag_run_id') }
}

function taskOf(path: Resource, entity: JsonObject | string): Resource {
  if (typeof entity === 'string') return { ...path, task: nonEmpty(entity) }
  return {
    ...path,
    dag: textOf(entity, 'dag_id') ?? path.dag,
    run: textOf(entity, 'dag_run_id') ?? path.run,
    task: required(entity, 'task_id'),
  }
}

/** Airflow 3 takes a pool by either name. */
const keys: Readonly<Record<string, readonly string[]>> = {
  variable: ['key'],
  connection: ['connection_id'],
  pool: ['name', 'pool'],
}

function nameOf({ id }: Operation, kind: string, entity: JsonObject): string {
  const names = (keys[kind] ?? []).flatMap((key) => textOf(entity, key) ?? [])
  if (names.length > 1) throw refused('A pool has both name and pool.')
  const [name] = names
  if (name === undefined) throw refused(`An entity of ${id} has no ${keys[kind]?.[0]}.`)
  return name
}

function required(entity: JsonObject, name: string): string {
  const value = textOf(entity, name)
  if (value === null) throw refused(`An entity has no ${name}.`)
  return value
}

function nonEmpty(text: string): string {
  if (text === '') throw refused('An entity is empty.')
  return notTooLong(text)
}
