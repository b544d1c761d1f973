import type { Coding, StaticFile, StaticFiles } from '../../upstream/static-files.ts'
import type { Exchange, Handler } from '../exchange.ts'

/** The route of files that are the same for everyone. */
const route = '/static/**'

/** Answers for the upstream where it is asked for a static file that is kept. Someone who may not see it never gets here. */
export function staticFiles(files: StaticFiles): Handler {
  return (next) => (exchange) => {
    const { request, upstream, resolved } = exchange
    if (resolved?.operation.path !== route || !upstream) return next(exchange)
    const coding = codingFor(request.headers['accept-encoding'])
    const wantsAllOfIt = request.method === 'GET' && request.headers.range === undefined
    if (coding === null || !wantsAllOfIt) return next(exchange)
    return files
      .get(upstream, request.url as string, coding)
      .then((file) => (file === null ? next(exchange) : answer(exchange, file)))
  }
}

function answer(exchange: Exchange, { headers, body, etag, cacheControl }: StaticFile): true {
  const { request, response } = exchange
  const isKnown = request.headers['if-none-match']?.split(',').some((tag) => tag.trim() === etag)
  if (isKnown) {
    response.writeHead(304, {
      etag,
      'cache-control': cacheControl,
      vary: 'accept-encoding',
      'x-request-id': exchange.id,
    })
    response.end()
    return true
  }
  response.writeHead(200, [
    ...headers,
    'etag',
    etag,
    'cache-control',
    cacheControl,
    'x-request-id',
    exchange.id,
  ])
  response.end(body)
  exchange.sentBytes = body.length
  return true
}

/** The best coding that is accepted (RFC 9110 §12.5.3); null where it is none of those that files are kept in. */
export function codingFor(acceptEncoding: string | string[] | undefined): Coding | null {
  const accepted = new Set<string>()
  for (const part of String(acceptEncoding ?? '').split(',')) {
    const [name = '', ...parameters] = part.toLowerCase().split(';')
    const isRefused = parameters.some((parameter) => /^\s*q\s*=\s*0(\.0{0,3})?\s*$/.test(parameter))
    if (!isRefused) accepted.add(name.trim())
  }
  if (accepted.has('br')) return 'br'
  return accepted.has('gzip') ? 'gzip' : null
}
