import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import { type Message, parseMessage } from '#shared/protocol/message.ts'
import type { Scheduler } from '#shared/protocol/scheduler.ts'
import type { CarrierListener, ClientCarrier } from './carriers/carrier.ts'
import { unreachable } from './unreachable.ts'

const answerTimeoutMs = 15_000

/**
 * Waits for the relay's answer to the first message of a carrier.
 *
 * @param take reads it, and says who listens from then on, without a gap in between
 * @throws what `take` throws, the code that the relay closes with, and RELAY_UNREACHABLE (a retry can help)
 */
export function answerOf<T>(
  carrier: ClientCarrier,
  scheduler: Scheduler,
  take: (message: Message) => { result: T; listener: CarrierListener },
): Promise<T> {
  return new Promise((resolve, reject) => {
    let next: CarrierListener | null = null
    const fail = (error: JetwayError) => {
      cancel()
      next = ignoring
      carrier.close(error.code)
      reject(error)
    }
    const noAnswer = () => fail(unreachable('no answer in time'))
    const cancel = scheduler.after(answerTimeoutMs, noAnswer)
    carrier.listen({
      onMessage(bytes) {
        if (next) {
          next.onMessage(bytes)
          return
        }
        try {
          const { result, listener } = take(parseMessage(bytes))
          cancel()
          next = listener
          resolve(result)
        } catch (error) {
          fail(asJetwayError(error))
        }
      },
      onClose(code) {
        if (next) next.onClose(code)
        else if (code !== null) fail(new JetwayError(code))
        else fail(unreachable('connection cut'))
      },
    })
  })
}

const ignoring: CarrierListener = { onMessage() {}, onClose() {} }
