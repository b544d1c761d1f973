import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { pageSecurityPolicy, problemPage, wantsPage } from '#shared/errors/page.ts'
import type { Problem } from '#shared/errors/problem.ts'

const headersTimeoutMs = 10_000

/**
 * Answers local connections while there is no tunnel: a page for a browser, 503 problem+json for everything
 * else. Nothing of what was asked is kept or sent later.
 */
export class NotConnectedServer {
  readonly #problems = new WeakMap<Socket, Problem>()
  readonly #server: Server

  constructor() {
    this.#server = createServer((request, response) => this.#respond(request, response))
    this.#server.headersTimeout = headersTimeoutMs
  }

  answer(socket: Socket, problem: Problem): void {
    this.#problems.set(socket, problem)
    this.#server.emit('connection', socket)
  }

  #respond(request: IncomingMessage, response: ServerResponse): void {
    const problem = this.#problems.get(request.socket) as Problem
    const isPage = wantsPage(request.method, request.headers)
    const body = isPage ? problemPage(problem) : `${JSON.stringify({ ...problem, status: 503 })}\n`
    response.writeHead(503, {
      'content-type': isPage ? 'text/html; charset=utf-8' : 'application/problem+json',
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'retry-after': '5',
      // The next try should find the tunnel, not this server.
      connection: 'close',
      ...(isPage ? { 'content-security-policy': pageSecurityPolicy } : {}),
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  }
}
