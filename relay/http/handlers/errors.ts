import type { Logger } from 'pino'
import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import type { Exchange, Handler } from '../exchange.ts'
import { respondProblem } from '../problem-response.ts'
import { stepUpAnswer } from '../step-up.ts'

/** Turns what was thrown, or left untouched, into an answer. The cause goes to the log and nowhere else. */
export function errors(log: Logger): Handler {
  return (next) => {
    const fail = (exchange: Exchange, thrown: unknown): true => {
      const error = asJetwayError(thrown)
      exchange.error = error
      const { id, request, response } = exchange
      log[levelOf(error)]({ id, code: error.code, err: error.cause }, 'request failed')
      if (response.headersSent) response.destroy()
      else {
        const { inBrowser } = exchange
        const stepUp = stepUpAnswer(error, exchange)
        exchange.sentBytes += respondProblem(request, response, error, id, { inBrowser, stepUp })
      }
      return true
    }
    const settle = (exchange: Exchange, handled: boolean) =>
      handled || fail(exchange, new JetwayError('NOT_FOUND', { path: pathOf(exchange.request.url) }))
    return (exchange) => {
      try {
        const handled = next(exchange)
        if (typeof handled === 'boolean') return settle(exchange, handled)
        return handled.then(
          (value) => settle(exchange, value),
          (error) => fail(exchange, error),
        )
      } catch (error) {
        return fail(exchange, error)
      }
    }
  }
}

/** Why someone was not let in is for operators to see; why a request was denied is in the audit. */
function levelOf({ code, entry }: JetwayError): 'error' | 'warn' | 'debug' {
  if (code === 'INTERNAL') return 'error'
  return entry.http === 401 || entry.http >= 500 ? 'warn' : 'debug'
}

function pathOf(target = '/'): string {
  return target.split('?', 1)[0] as string
}
