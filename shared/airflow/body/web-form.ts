import { notTooLong, refused, shown } from './json.ts'

/**
 * What a form of Airflow 2 sends, together with the query, as Flask's `request.values` has both.
 *
 * @param contentType of the request; null where it has none
 * @throws BAD_REQUEST for a form of another kind, and for text that is not UTF-8
 */
export function parseForm(bytes: Uint8Array, contentType: string | null, target: string): URLSearchParams {
  const [, query = ''] = /\?(.*)$/s.exec(target) ?? []
  if (bytes.length === 0) return new URLSearchParams(query)
  const [kind = ''] = (contentType ?? '').split(';', 1)
  if (kind.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
    throw refused('The body has to be a form (application/x-www-form-urlencoded).')
  }
  let body: string
  try {
    body = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw refused('The form is not UTF-8.')
  }
  return new URLSearchParams(`${query}&${body}`)
}

/**
 * The one value of a field; null where it is absent or empty.
 *
 * @throws BAD_REQUEST when it has several, or one that two parsers could read differently
 */
export function fieldOf(form: URLSearchParams, name: string): string | null {
  const values = form.getAll(name)
  if (values.length > 1) throw refused(`The form has ${name} more than once.`)
  const [value = ''] = values
  if (value.includes('\ufffd')) throw refused(`${name} is not UTF-8.`)
  return value === '' ? null : value
}

/** A field that names something. @throws BAD_REQUEST */
export function nameIn(form: URLSearchParams, name: string): string | null {
  const value = fieldOf(form, name)
  return value === null ? null : notTooLong(value)
}

/** @throws BAD_REQUEST for a value that Airflow, which decodes these once more, would read differently */
export function dagsOf(form: URLSearchParams): string[] {
  const dags = form.getAll('dag_ids').filter((dag) => dag !== '')
  const odd = dags.find((dag) => /[%\ufffd]/.test(dag))
  if (odd !== undefined) throw refused(`${shown(odd)} is no DAG id.`)
  return dags.map(notTooLong)
}
