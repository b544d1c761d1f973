import { resolve } from '#shared/airflow/resolve.ts'
import type { Handler } from '../exchange.ts'

/** What is asked for, in Airflow's terms. A route that no Airflow API documents stays null, and is denied later. */
export const operation: Handler = (next) => (exchange) => {
  const { method = '', url = '' } = exchange.request
  exchange.resolved = resolve(method, url)
  return next(exchange)
}
