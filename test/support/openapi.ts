import { catalogue } from '#shared/airflow/catalogue.ts'

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId?: string }>>>>
}

const methods = ['get', 'post', 'put', 'patch', 'delete']

/** Operations that one side has and the other has not, of paths under `prefix`; empty where they agree. */
export function catalogueDifferences(document: OpenApiDocument, prefix: string): string[] {
  const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method]) => methods.includes(method))
      .map(([method, { operationId }]) => `${method.toUpperCase()} ${path} ${operationId}`),
  )
  const known = catalogue
    .filter(({ path, id }) => path.startsWith(prefix) && !path.endsWith('**') && id !== 'closed')
    .map(({ method, path, id }) => `${method} ${path.replaceAll(':path}', '}')} ${id}`)
  return [
    ...documented.filter((line) => !known.includes(line)).map((line) => `not in the catalogue: ${line}`),
    ...known.filter((line) => !documented.includes(line)).map((line) => `not in Airflow: ${line}`),
  ]
}
