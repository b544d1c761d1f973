import { touched } from '#shared/airflow/touched.ts'
import type { Handler } from '../exchange.ts'

/** What is asked for, in the service's terms. A route that no Airflow API documents stays null, and is denied later. */
export const operation: Handler = (next) => (exchange) => {
  const { upstream, upgrade, request } = exchange
  const { method = '', url = '' } = request
  const resolved = upstream?.resolve(method, url, upgrade !== null) ?? null
  exchange.resolved = resolved
  exchange.touched = resolved ? touched(resolved, url) : []
  return next(exchange)
}
