import { type CataloguedOperation, catalogue } from './catalogue.ts'
import type { ResolvedOperation, Resource } from './operation.ts'

interface Node {
  readonly literals: Map<string, Node>
  /** One segment of any content. */
  parameter: Node | null
  /** The operation of a path that ends here, and of one that has more segments (`:path`, `/**`). */
  end: CataloguedOperation | null
  rest: CataloguedOperation | null
}

const newNode = (): Node => ({ literals: new Map(), parameter: null, end: null, rest: null })

const roots = buildTries(catalogue)

/** Verbs of these resources are about a DAG, also where the path names none. */
const ofDags: ReadonlySet<string> = new Set([
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

/**
 * What a request asks of Airflow; null for a route that no Airflow API documents, and for a path that could be
 * read in two ways.
 *
 * @param target the request target as received, in origin form (RFC 9112 §3.2.1)
 */
export function resolve(method: string, target: string): ResolvedOperation | null {
  const root = roots.get(method)
  const queryAt = target.indexOf('?')
  const segments = decodeSegments(queryAt < 0 ? target : target.slice(0, queryAt))
  if (!root || !segments) return null
  const operation = find(root, segments, 0)
  return operation && { operation, resource: resourceOf(operation, segments) }
}

/** Each segment decoded once; null where one is empty, a dot segment, or hides a separator. */
function decodeSegments(path: string): string[] | null {
  if (path === '/') return []
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
    if (segment === '' || segment === '.' || segment === '..' || /[/\\;\u0000-\u001f\u007f]/.test(segment)) {
      return null
    }
  }
  return segments
}

/** Literals before parameters, as a router declares its routes; the longest prefix where the rest is taken. */
function find(node: Node, segments: readonly string[], index: number): CataloguedOperation | null {
  if (index === segments.length) return node.end
  const segment = segments[index] as string
  const literal = node.literals.get(segment)
  return (
    (literal && find(literal, segments, index + 1)) ||
    (node.parameter && find(node.parameter, segments, index + 1)) ||
    node.rest
  )
}

function resourceOf(operation: CataloguedOperation, segments: readonly string[]): Resource {
  let dag: string | null = null
  let run: string | null = null
  let task: string | null = null
  let name: string | null = null
  const templates = operation.path.split('/')
  for (let i = 1; i < templates.length; i += 1) {
    const template = templates[i] as string
    if (!template.startsWith('{')) continue
    const isRest = template.endsWith(':path}')
    const value = isRest ? segments.slice(i - 1).join('/') : (segments[i - 1] as string)
    switch (template) {
      case '{dag_id}':
        dag = value
        break
      case '{dag_run_id}':
      case '{run_id}':
        run = value
        break
      case '{task_id}':
        task = value
        break
      default:
        name = value
    }
  }
  const [kind = ''] = operation.verb?.split('.') ?? []
  if (operation.speaksOfAllDags || (dag === null && ofDags.has(kind))) dag = '~'
  return { dag, run, task, name }
}

function buildTries(operations: readonly CataloguedOperation[]): ReadonlyMap<string, Node> {
  const tries = new Map<string, Node>()
  for (const operation of operations) {
    let node = tries.get(operation.method) ?? newNode()
    tries.set(operation.method, node)
    let takesRest = false
    for (const template of operation.path.split('/').slice(1)) {
      if (template === '') continue
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
    if (takesRest) node.rest = operation
    else node.end = operation
  }
  return tries
}
