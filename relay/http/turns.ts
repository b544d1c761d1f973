import { IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Exchange } from './exchange.ts'
import { endLingering } from './linger.ts'
import { parserFault } from './parser-fault.ts'
import { respondProblem } from './problem-response.ts'

/** A request whose turn has come. */
export interface Arrival {
  readonly request: IncomingMessage
  /** Null where Node makes none: of a request to upgrade, and of bytes that are no HTTP. */
  readonly response: ServerResponse | null
  /** What came behind a request to upgrade; null of all others. */
  readonly head: Buffer | null
  /** What the parser found wrong with it. */
  fault: JetwayError | null
}

interface Connection {
  /** What is answered now. */
  current: Exchange | null
  /** Answered, and its body still comes. */
  unread: IncomingMessage | null
  readonly waiting: Arrival[]
  /** Nothing more is read of it. */
  isFaulty: boolean
}

/** Requests that wait behind one that is being answered. Whoever waits for answers pipelines fewer. */
const maxWaiting = 64

/**
 * The requests of each connection, one after the other: the next one begins when the one before it was answered. So
 * none is carried out before one that was sent earlier (RFC 9112 §9.3.2), and answers keep their order, also where
 * Node would leave it to others: at an upgrade, and at bytes that are no HTTP.
 */
export class Turns {
  readonly #begin: (arrival: Arrival) => Exchange | null
  readonly #connections = new WeakMap<Duplex, Connection>()
  /** One listener for all responses. */
  readonly #onClose: (this: ServerResponse) => void

  /** @param begin begins an exchange; null where the connection is HTTP's no longer */
  constructor(begin: (arrival: Arrival) => Exchange | null) {
    this.#begin = begin
    const next = (response: ServerResponse) => this.#next(response)
    this.#onClose = function close() {
      next(this)
    }
  }

  take(arrival: Arrival): void {
    const { socket } = arrival.request
    const connection = this.#connectionOf(socket)
    connection.unread = null
    // Nothing is carried out behind a last answer.
    if (connection.isFaulty || !socket.writable) arrival.request.resume()
    else if (connection.current === null) this.#run(connection, arrival)
    else if (connection.waiting.length < maxWaiting) connection.waiting.push(arrival)
    else {
      socket.pause()
      connection.isFaulty = true
      connection.waiting.push({ ...arrival, fault: new JetwayError('BAD_REQUEST', { reason: tooMany }) })
    }
  }

  /** Bytes that are no HTTP are answered once, in their turn, and nothing that follows them is read. */
  fail(error: NodeJS.ErrnoException, socket: Duplex): void {
    const connection = this.#connectionOf(socket)
    if (connection.isFaulty || socket.writableEnded) return
    // Browsers keep connections ready that they may never use: nobody asked for anything.
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && (socket as Socket).bytesRead === 0) {
      connection.isFaulty = true
      endLingering(socket)
      return
    }
    const { current, unread } = connection
    const fault = parserFault(error)
    const waiting = connection.waiting.at(-1)
    const last = waiting ?? current
    if (!fault || !socket.writable) socket.destroy()
    else if (unread) endLingering(socket)
    else if (!last || last.request.complete) this.#refuse(connection, socket, fault)
    else if (waiting) waiting.fault = fault
    else failBody(last as Exchange, socket, fault)
    connection.isFaulty = true
  }

  #refuse(connection: Connection, socket: Duplex, fault: JetwayError): void {
    connection.isFaulty = true
    const arrival = { request: new IncomingMessage(socket as Socket), response: null, head: null, fault }
    if (connection.current === null) this.#run(connection, arrival)
    else connection.waiting.push(arrival)
  }

  #run(connection: Connection, arrival: Arrival): void {
    connection.current = this.#begin(arrival)
    connection.current?.response.on('close', this.#onClose)
  }

  #next(response: ServerResponse): void {
    const request = response.req
    const { socket } = request
    const connection = this.#connectionOf(socket)
    if (connection.current?.response !== response) return
    connection.current = null
    const arrival = connection.waiting.shift()
    if (!arrival) connection.unread = request.complete ? null : request
    else if (socket.writable) this.#run(connection, arrival)
  }

  #connectionOf(socket: Duplex): Connection {
    let connection = this.#connections.get(socket)
    if (!connection) {
      connection = { current: null, unread: null, waiting: [], isFaulty: false }
      this.#connections.set(socket, connection)
      // Node calls it behind the last answer of a connection.
      ;(socket as Socket).destroySoon = () => endLingering(socket)
    }
    return connection
  }
}

const tooMany = 'There are too many requests at once.'

/** The fault is in the body of a request that may be on its way already. */
function failBody(exchange: Exchange, socket: Duplex, fault: JetwayError): void {
  const { id, request, response } = exchange
  if (response.writableFinished) endLingering(socket)
  else if (response.writableEnded) response.once('finish', () => endLingering(socket))
  else {
    exchange.error ??= fault
    // The half of an answer is never taken for a whole one.
    if (response.headersSent) socket.destroy()
    else exchange.sentBytes += respondProblem(request, response, fault, id)
  }
}
