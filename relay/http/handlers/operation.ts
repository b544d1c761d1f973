import { resolve } from '#shared/airflow/resolve.ts'
import { touched } from '#shared/airflow/touched.ts'
import type { Handler } from '../exchange.ts'

/** What is asked for, in Airflow's terms. A route that no Airflow API documents stays null, and is denied later. */
export const operation: Handler = (next) => (exchange) => {
  const { method = '', url = '' } = exchange.request
  const resolved = resolve(method, url, exchange.upstream?.version)
  exchange.resolved = resolved
  exchange.touched = resolved ? touched(resolved, url) : []
  return next(exchange)
}
