import type { BodyForm, ResolvedOperation } from '../operation.ts'
import { part, withAlso } from '../touched.ts'
import { bulkParts, entityPart, runOf } from './bulk.ts'
import {
  asList,
  asObject,
  type JsonObject,
  memberOf,
  notTooLong,
  parseJson,
  refused,
  textOf,
} from './json.ts'
import { dagsOf, fieldOf, nameIn, parseForm } from './web-form.ts'

/** What a body says of its request. */
export interface BodyFacts {
  /** All that the request touches. */
  readonly touched: readonly ResolvedOperation[]
  /** The conf of the runs that it makes, null where they have none; undefined where it makes no run. */
  readonly conf?: JsonObject | null
  /** The run that it asks for by name. */
  readonly runId: string | null
}

/** Whether a body of this form may carry the conf of runs that it makes. */
export function makesRuns(form: BodyForm | null): boolean {
  return form === 'run' || form === 'form-run' || form === 'backfill'
}

/** One request may touch so many things at once. */
const maxTouched = 1000

/**
 * Reads the body of a request that says there what it touches. Whatever Airflow could understand otherwise is refused,
 * and so is a shape that is not known.
 *
 * @param what as the path says it
 * @throws BAD_REQUEST
 */
export function analyseBody(
  what: ResolvedOperation,
  body: { readonly bytes: Uint8Array; readonly contentType: string | null; readonly target: string },
): BodyFacts {
  const facts = factsOf(what, body)
  const all = new Map(facts.touched.map((one) => [keyOf(one), one]))
  if (all.size > maxTouched) throw refused(`The body names more than ${maxTouched} things.`)
  return { ...facts, touched: [...all.values()] }
}

/**
 * What a body could ask for at the least. Where none of it is allowed, the body need not be read. An entity may name
 * another DAG than the path does.
 */
export function possibleParts({ operation, resource }: ResolvedOperation): readonly ResolvedOperation[] {
  const anywhere = { ...resource, dag: resource.dag === null ? null : '~' }
  const [kind = ''] = (operation.verb ?? '').split('.')
  switch (operation.body) {
    case 'bulk':
      return [part(operation, `${kind}.write`, anywhere), part(operation, `${kind}.delete`, anywhere)]
    case 'clear-runs':
      return [{ operation, resource: anywhere }]
    default:
      return [{ operation, resource }]
  }
}

function factsOf(
  what: ResolvedOperation,
  { bytes, contentType, target }: Parameters<typeof analyseBody>[1],
): BodyFacts {
  const { operation, resource } = what
  const onPath = () => withAlso(operation, resource)
  const orPath = (parts: readonly ResolvedOperation[]) => (parts.length > 0 ? parts : onPath())
  switch (operation.body) {
    case null:
      return { touched: onPath(), runId: null }
    case 'run': {
      // Only a trigger needs one: to materialize an asset, none will do.
      const isEmpty = bytes.length === 0 && operation.verb !== 'run.trigger'
      const document = isEmpty ? {} : asObject(parseJson(bytes), 'The body')
      const runId = textOf(document, 'dag_run_id')
      return { touched: onPath(), conf: confOf(memberOf(document, 'conf')), runId }
    }
    case 'backfill': {
      const document = asObject(parseJson(bytes), 'The body')
      const dag = textOf(document, 'dag_id')
      if (dag === null) throw refused('The body has no dag_id.')
      const conf = confOf(memberOf(document, 'dag_run_conf'))
      return { touched: withAlso(operation, { ...resource, dag }), conf, runId: null }
    }
    case 'entity':
      return { touched: [entityPart(what, parseJson(bytes))], runId: null }
    case 'bulk':
      return { touched: orPath(bulkParts(what, parseJson(bytes))), runId: null }
    case 'clear-runs': {
      const runs = memberOf(asObject(parseJson(bytes), 'The body'), 'dag_runs') ?? []
      const parts = asList(runs, 'dag_runs').map((run) => ({
        operation,
        resource: runOf(resource, asObject(run, 'A run')),
      }))
      return { touched: orPath(parts), runId: null }
    }
    case 'clear-tasks': {
      const document = asObject(parseJson(bytes), 'The body')
      const run = textOf(document, 'dag_run_id')
      const widens = ['include_subdags', 'include_parentdag'].some((name) => isOn(memberOf(document, name)))
      return { touched: [...onPath(), ...(widens ? [allDags(what)] : [])], runId: run }
    }
    case 'dag-ids': {
      const dags = memberOf(asObject(parseJson(bytes), 'The body'), 'dag_ids') ?? []
      const parts = asList(dags, 'dag_ids').flatMap((dag) => {
        if (typeof dag !== 'string' || dag === '') throw refused('dag_ids has to be a list of DAG ids.')
        return withAlso(operation, { ...resource, dag: notTooLong(dag) })
      })
      return { touched: orPath(parts), runId: null }
    }
    case 'form': {
      const form = parseForm(bytes, contentType, target)
      const dag = nameIn(form, 'dag_id')
      if (dag === null) throw refused('The form has no dag_id.')
      const run = nameIn(form, 'dag_run_id')
      const own = withAlso(operation, { ...resource, dag, run, task: nameIn(form, 'task_id') })
      const widens = isOn(fieldOf(form, 'recursive'))
      return { touched: widens ? [...own, allDags(what)] : own, runId: null }
    }
    case 'form-dags': {
      const dags = dagsOf(parseForm(bytes, contentType, target))
      return {
        touched: orPath(dags.flatMap((dag) => withAlso(operation, { ...resource, dag }))),
        runId: null,
      }
    }
    case 'form-run': {
      const form = parseForm(bytes, contentType, target)
      const conf = fieldOf(form, 'conf')
      const unpauses = fieldOf(form, 'unpause') !== null
      return {
        touched: [...onPath(), ...(unpauses ? [part(operation, 'dag.write', resource)] : [])],
        conf: confOf(conf === null ? null : parseJson(new TextEncoder().encode(conf))),
        runId: nameIn(form, 'run_id'),
      }
    }
  }
}

/** With these Airflow 2 also clears what a DAG's ExternalTaskMarkers name, in any other DAG. */
function allDags({ operation, resource }: ResolvedOperation): ResolvedOperation {
  return { operation, resource: { ...resource, dag: '~' } }
}

function confOf(value: unknown): JsonObject | null {
  return value === undefined || value === null ? null : asObject(value, 'The conf')
}

function isOn(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== 'false'
}

function keyOf({ operation, resource }: ResolvedOperation): string {
  return JSON.stringify([operation.verb, resource.dag, resource.run, resource.task, resource.name])
}
