import { catalogue } from './catalogue.ts'
import type { AirflowMajor, Operation, ResolvedOperation, Resource } from './operation.ts'

interface Node {
  readonly literals: Map<string, Node>
  /** One segment of any content. */
  parameter: Node | null
  /** The route of a path that ends here, and of one that has more segments (`:path`, `/**`). */
  end: Route | null
  rest: Route | null
}

interface Route {
  readonly operation: Operation
  /** What the segments say of the resource. */
  readonly parameters: readonly {
    readonly index: number
    readonly member: keyof Resource
    /** It and all that follow. */
    readonly isRest: boolean
  }[]
  /** The DAG of a request whose path names none. */
  readonly dag: '~' | null
}

const newNode = (): Node => ({ literals: new Map(), parameter: null, end: null, rest: null })

/** Verbs of these resources are about a DAG, also where the path names none. */
export const ofDags: ReadonlySet<string> = new Set([
  'dag',
  'run',
  'task',
  'task-state',
  'log',
  'code',
  'xcom',
  'hitl',
  'backfill',
])

const roots: Readonly<Record<AirflowMajor, ReadonlyMap<string, Node>>> = {
  2: buildTries(catalogue.filter(({ airflow }) => airflow === 2)),
  3: buildTries(catalogue.filter(({ airflow }) => airflow === 3)),
}

/**
 * What the path of a request asks of Airflow; null for a route that no Airflow API documents, and for a path that could
 * be read in two ways. What query and body add is in touched.ts and body/analyse.ts.
 *
 * @param target the request target as received, in origin form (RFC 9112 §3.2.1)
 */
export function resolve(method: string, target: string, airflow: AirflowMajor = 3): ResolvedOperation | null {
  const root = roots[airflow].get(method)
  const queryAt = target.indexOf('?')
  const segments = decodeSegments(queryAt < 0 ? target : target.slice(0, queryAt))
  if (!root || !segments) return null
  const route = find(root, segments, 0)
  return route && { operation: route.operation, resource: resourceOf(route, segments) }
}

/** Each segment decoded once; null where one is a dot segment, hides a separator, or is empty and not the last. */
function decodeSegments(path: string): string[] | null {
  // RFC 3986 §3.3 without `;`, which some servers take for parameters
  if (!/^\/[A-Za-z0-9\-._~!$&'()*+,=:@%/]*$/.test(path)) return null
  const segments = path.slice(1).split('/')
  for (let i = 0; i < segments.length; i += 1) {
    let segment = segments[i] as string
    if (segment.includes('%')) {
      try {
        segment = decodeURIComponent(segment)
      } catch {
        return null
      }
      segments[i] = segment
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    if (segment === '.' || segment === '..' || /[/\\;\u0000-\u001f\u007f]/.test(segment)) return null
    if (segment === '' && i < segments.length - 1) return null
  }
  return segments
}

/**
 * Literals before parameters, as a router declares its routes; the longest prefix where the rest is taken. A slash at the
 * end is an empty literal, and nothing else.
 */
function find(node: Node, segments: readonly string[], index: number): Route | null {
  if (index === segments.length) return node.end
  const segment = segments[index] as string
  const literal = node.literals.get(segment)
  return (
    (literal && find(literal, segments, index + 1)) ||
    (node.parameter && segment !== '' && find(node.parameter, segments, index + 1)) ||
    (segments.at(-1) === '' ? null : node.rest)
  )
}

function resourceOf({ parameters, dag }: Route, segments: readonly string[]): Resource {
  const resource: { -readonly [M in keyof Resource]: Resource[M] } = {
    dag,
    run: null,
    task: null,
    name: null,
  }
  for (const { index, member, isRest } of parameters) {
    resource[member] = isRest ? segments.slice(index).join('/') : (segments[index] as string)
  }
  return resource
}

function routeOf(operation: Operation): Route {
  const parameters = operation.path
    .split('/')
    .slice(1)
    .flatMap((template, index) =>
      template.startsWith('{')
        ? [{ index, member: memberOf(template), isRest: template.endsWith(':path}') }]
        : [],
    )
  const [kind = ''] = operation.verb?.split('.') ?? []
  return { operation, parameters, dag: ofDags.has(kind) ? '~' : null }
}

function memberOf(template: string): keyof Resource {
  switch (template) {
    case '{dag_id}':
      return 'dag'
    case '{dag_run_id}':
    case '{run_id}':
      return 'run'
    case '{task_id}':
      return 'task'
    default:
      return 'name'
  }
}

function buildTries(operations: readonly Operation[]): ReadonlyMap<string, Node> {
  const tries = new Map<string, Node>()
  for (const operation of operations) {
    let node = tries.get(operation.method) ?? newNode()
    tries.set(operation.method, node)
    let takesRest = false
    for (const template of operation.path.split('/').slice(1)) {
      if (template === '**' || template.endsWith(':path}')) {
        takesRest = true
      } else if (template.startsWith('{')) {
        node.parameter ??= newNode()
        node = node.parameter
      } else {
        const next = node.literals.get(template) ?? newNode()
        node.literals.set(template, next)
        node = next
      }
    }
    if (takesRest) node.rest = routeOf(operation)
    else node.end = routeOf(operation)
  }
  return tries
}
