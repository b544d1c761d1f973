import type { Operation, ResolvedOperation, Resource, Verb } from './operation.ts'

/**
 * All that a request touches, as its path and query say it. What its body adds is in body/analyse.ts.
 *
 * A query narrows only where Airflow takes it so: every value names one DAG. An empty one is none to Airflow, and one
 * that is not UTF-8 could be read in two ways.
 *
 * @param what as the path says it
 * @param target the request target as received
 */
export function touched(what: ResolvedOperation, target: string): readonly ResolvedOperation[] {
  const { operation, resource } = what
  const dags = operation.dagQuery === null ? [] : dagsOfQuery(operation, target)
  const resources = dags.length === 0 ? [resource] : dags.map((dag) => ({ ...resource, dag }))
  return resources.flatMap((one) => withAlso(operation, one))
}

/** A part of what an operation does: this verb on this resource. */
export function part(operation: Operation, verb: Verb, resource: Resource): ResolvedOperation {
  return { operation: operationAs(operation, verb), resource }
}

/** An operation on one resource, with every verb that it takes there. */
export function withAlso(operation: Operation, resource: Resource): ResolvedOperation[] {
  return [{ operation, resource }, ...operation.also.map((verb) => part(operation, verb, resource))]
}

/** Whether it speaks of no DAG in particular and Airflow itself holds it against the person's token. */
export function isNarrowed({ operation, resource }: ResolvedOperation): boolean {
  return operation.narrowed && (resource.dag === null || resource.dag === '~')
}

const parts = new Map<Operation, Map<Verb, Operation>>()

/** The same object each time, as many as there are operations and verbs. */
function operationAs(operation: Operation, verb: Verb): Operation {
  if (operation.verb === verb) return operation
  const known = parts.get(operation) ?? new Map<Verb, Operation>()
  parts.set(operation, known)
  const made = known.get(verb) ?? Object.freeze({ ...operation, verb })
  known.set(verb, made)
  return made
}

function dagsOfQuery({ dagQuery, dagQueryUnless }: Operation, target: string): string[] {
  const queryAt = target.indexOf('?')
  if (queryAt < 0) return []
  const query = new URLSearchParams(target.slice(queryAt + 1))
  const unless = dagQueryUnless === null ? [] : query.getAll(dagQueryUnless)
  if (unless.some((value) => value !== 'false')) return []
  // Airflow 2 takes several in one value, with commas between
  const dags = query.getAll(dagQuery as string).flatMap((value) => value.split(','))
  return dags.some((dag) => dag === '' || dag.includes('\ufffd')) ? [] : [...new Set(dags)]
}
