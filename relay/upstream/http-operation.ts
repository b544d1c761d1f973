import type { ResolvedOperation } from '#shared/airflow/operation.ts'

const reading: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])
const writing: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/**
 * What a request asks of an http service: to read or to write a path. What an upgraded connection does is not seen,
 * so an upgrade counts as writing.
 *
 * @param target the request target as received, in origin form
 * @returns null for other methods, which are denied
 */
export function httpOperation(method: string, target: string, isUpgrade: boolean): ResolvedOperation | null {
  const isRead = reading.has(method) && !isUpgrade
  if (!isRead && !reading.has(method) && !writing.has(method)) return null
  const verb = isRead ? 'http.read' : 'http.write'
  const [path = '/'] = target.split('?', 1)
  return {
    operation: {
      id: verb,
      method,
      path: '/**',
      verb,
      changes: !isRead,
      // There are no roles of Airflow here, and nothing else of its.
      airflow: 3,
      also: [],
      minRole: null,
      body: null,
      dagQuery: null,
      dagQueryUnless: null,
      narrowed: false,
      runIdInResponse: false,
    },
    // As the service will read it; the syntax was checked before.
    resource: { dag: null, run: null, task: null, name: decodeURIComponent(path) },
  }
}
