import { createHmac } from 'node:crypto'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { encodeResume, parseResumed, proofInput, type Welcome } from '#shared/protocol/handshake.ts'
import { Pump } from '#shared/protocol/pump.ts'
import type { Scheduler } from '#shared/protocol/scheduler.ts'
import type { Session } from '#shared/protocol/session.ts'
import { CarrierSearch } from './carrier-search.ts'
import type { CarrierListener, ClientCarrier, Dial } from './carriers/carrier.ts'
import { answerOf } from './first-answer.ts'
import { unreachable } from './unreachable.ts'

export interface SessionCarriersOptions {
  readonly session: Session
  readonly welcome: Welcome
  readonly dial: Dial
  readonly scheduler: Scheduler
  /** In [0, 1). */
  readonly random: () => number
  /** The carrier is gone, or an attempt at another one failed; streams wait. */
  readonly onInterrupted: (error: JetwayError) => void
  /** Streams go on over another carrier. `expires` is the session's, in seconds since the epoch. */
  readonly onResumed: (expires: number) => void
}

const tickMs = 500
/** To get back, another connection is tried beside one that has not answered for so long. */
const resumeDialEveryMs = 200

/** What a session goes over: one carrier after another, each looked for when the one before is gone or may be. */
export class SessionCarriers {
  readonly #options: SessionCarriersOptions
  readonly #search: CarrierSearch
  #carrier: ClientCarrier | null = null
  #pump: Pump | null = null
  #epoch = 0
  #cancelTick: () => void

  constructor(options: SessionCarriersOptions) {
    this.#options = options
    const { session, welcome, scheduler, random } = options
    this.#search = new CarrierSearch({
      session,
      keepMs: welcome.keepSeconds * 1000,
      resume: (signal) => this.#resume(signal),
      onFailure: options.onInterrupted,
      scheduler,
      random,
    })
    this.#cancelTick = scheduler.after(tickMs, () => this.#tick())
  }

  /** The session goes over this carrier from now on. */
  attach(carrier: ClientCarrier, relayReceived: number): CarrierListener {
    const { session, scheduler } = this.#options
    this.#carrier = carrier
    this.#pump = new Pump(session, carrier, scheduler)
    session.attach(relayReceived)
    return {
      onMessage: (bytes) => {
        if (this.#carrier !== carrier) return
        session.receive(bytes)
        // It lives: no need for another.
        if (session.isAttached) this.#search.stop()
      },
      onClose: (code) => {
        if (this.#carrier !== carrier) return
        if (code !== null) session.close(new JetwayError(code))
        else this.#interrupted(unreachable('connection cut'))
      },
    }
  }

  /** There is something to send. */
  wake(): void {
    this.#pump?.wake()
  }

  /** The machine woke up, or is on another network: the carrier may be dead without knowing it. */
  probe(): void {
    const { session } = this.#options
    if (session.isAttached) {
      session.probe()
      this.#search.begin()
    } else {
      this.#search.hurry()
    }
  }

  /** The session has ended. */
  end(error: JetwayError): void {
    this.#cancelTick()
    this.#search.stop()
    this.#pump?.stop()
    this.#carrier?.close(error.code)
    this.#carrier = null
  }

  #tick(): void {
    const { session, scheduler } = this.#options
    this.#cancelTick = scheduler.after(tickMs, () => this.#tick())
    switch (session.tick()) {
      case 'suspect':
        this.#search.begin()
        break
      case 'dead':
        this.#interrupted(unreachable('no answer in time'))
    }
  }

  #interrupted(error: JetwayError): void {
    this.#drop()
    this.#options.onInterrupted(error)
    this.#search.begin()
  }

  #drop(): void {
    this.#options.session.detach()
    this.#pump?.stop()
    this.#carrier?.terminate()
    this.#carrier = null
  }

  async #resume(signal: AbortSignal): Promise<void> {
    const { session, dial, scheduler, onResumed } = this.#options
    const carrier = await dial({ first: () => this.#takeLeave(), everyMs: resumeDialEveryMs, signal })
    await answerOf(carrier, scheduler, (message) => {
      const { received, expires } = parseResumed(message)
      if (session.isClosed) throw new JetwayError('CLOSED')
      const next = this.attach(carrier, received)
      onResumed(expires)
      return { result: undefined, listener: next }
    })
  }

  /** From here on nothing of the old carrier counts: the relay will send again what this message does not confirm. */
  #takeLeave(): Uint8Array {
    this.#drop()
    this.#epoch += 1
    const { session, welcome } = this.#options
    const resume = { session: welcome.session, epoch: this.#epoch, received: session.receivedBytes }
    const proof = createHmac('sha256', Buffer.from(welcome.secret, 'base64url'))
      .update(proofInput(resume))
      .digest('base64url')
    return encodeResume({ ...resume, proof })
  }
}
