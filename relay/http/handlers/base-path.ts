import type { Handler } from '../exchange.ts'

/** An Airflow that serves everything below a path is opened at the start of its port, too. */
export const basePath: Handler = (next) => (exchange) => {
  const { upstream, request, response } = exchange
  const isStart = request.url === '/' || request.url === upstream?.basePath
  if (!upstream?.basePath || !isStart || request.method !== 'GET') return next(exchange)
  response.writeHead(307, { location: `${upstream.basePath}/`, 'content-length': 0 }).end()
  return true
}
