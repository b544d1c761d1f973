import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { errorCodeOfWire, JetwayError } from '#shared/errors/jetway-error.ts'
import type { ErrorCode } from '#shared/errors/table.ts'
import { encodeResume, parseWelcome, proofInput, type Welcome } from '#shared/protocol/handshake.ts'
import { parseMessage } from '#shared/protocol/message.ts'
import { messageType } from '#shared/protocol/wire.ts'
import type { RelayCarrier } from '../../relay/carriers/websocket.ts'
import type { Principal } from '../../relay/identity/principal.ts'
import { Tunnels } from '../../relay/tunnels.ts'
import { person } from '../simulation/person.ts'
import { World } from '../simulation/world.ts'

const sessionsPerPerson = 3
const keepSeconds = 90
const people = ['ana', 'ben', 'mallory'].map(person)

/** What a relay tells someone whom it sends away. */
const farewells: readonly ErrorCode[] = [
  'PROTOCOL_ERROR',
  'FLOW_CONTROL',
  'VERSION_UNSUPPORTED',
  'SESSION_LOST',
  'TOO_MANY_SESSIONS',
  'DRAINING',
  'UNAUTHENTICATED',
]

/** A session that someone was welcomed to. */
interface Known {
  readonly welcome: Welcome
  readonly principal: Principal
  /** Of the carrier that has it. */
  epoch: number
}

/** One life of a relay's sessions, which checks at each step what has to hold whatever comes. */
export class RelayLife {
  readonly #world = new World(1)
  readonly #peers: Peer[] = []
  readonly #known: Known[] = []
  readonly #open = new Set<string>()
  readonly #tunnels: Tunnels

  constructor() {
    this.#tunnels = new Tunnels({
      limits: {
        session: { streams: 8, windowBytes: 16_384, opensPerSecond: 16 },
        sessionsPerPerson,
        keepSeconds,
        keepBytes: 65_536,
      },
      scheduler: this.#world.scheduler,
      check() {},
      renew: async (token) => {
        const principal = people[Number(token)]
        if (!principal) throw new JetwayError('UNAUTHENTICATED')
        return { principal, keyThumbprint: null }
      },
      onStream: (stream) => {
        stream.listener = {
          onData: (data) => stream.write(data.slice()),
          onEnd: () => stream.end(),
          onDrain() {},
          onReset() {},
        }
      },
      onEvent: ({ kind, session }) => {
        if (kind === 'open') this.#open.add(session.id)
        if (kind === 'close') assert.ok(this.#open.delete(session.id), 'a session ended that was not open')
      },
    })
  }

  /** @param claim the session that the first message asks for, rightly or not */
  arrive(
    person: number,
    first: Uint8Array | null,
    claim: { known: Known; epoch: number } | null = null,
  ): Promise<void> {
    const principal = people[person % people.length] as Principal
    const peer = new Peer((bytes) => {
      const message = parseMessage(bytes)
      if (message.type === messageType.WELCOME) {
        this.#known.push({ welcome: parseWelcome(message), principal, epoch: 0 })
      } else if (message.type === messageType.RESUMED) {
        assert.equal(claim?.known.principal, principal, 'goes on with what is not theirs')
        assert.ok(claim.epoch > claim.known.epoch, 'takes a session from a newer carrier')
        claim.known.epoch = claim.epoch
      }
    })
    this.#peers.push(peer)
    const { carrier } = peer
    this.#tunnels.accept({ carrier, principal, keyThumbprint: null, address: '192.0.2.1', first })
    return this.#settle()
  }

  /** With the right proof; for a session of someone else this is who stole its secret. */
  resume(person: number, session: number, epoch: number, received: number): Promise<void> {
    const known = this.#known[session % Math.max(1, this.#known.length)]
    if (!known) return Promise.resolve()
    const { session: id, secret } = known.welcome
    const claim = { session: id, epoch: epoch + 1, received }
    const proof = createHmac('sha256', Buffer.from(secret, 'base64url'))
      .update(proofInput(claim))
      .digest('base64url')
    return this.arrive(person, encodeResume({ ...claim, proof }), { known, epoch: claim.epoch })
  }

  message(peer: number, bytes: Uint8Array): Promise<void> {
    this.#peer(peer)?.says(bytes)
    return this.#settle()
  }

  close(peer: number, code: number): Promise<void> {
    this.#peer(peer)?.goes(code === 0 ? null : errorCodeOfWire(code))
    return this.#settle()
  }

  wait(seconds: number): Promise<void> {
    return this.#settle(seconds * 1000)
  }

  goAway(): Promise<void> {
    this.#tunnels.goAway(1000)
    return this.#settle()
  }

  /** @throws what does not hold */
  check(): void {
    assert.equal(this.#tunnels.size, this.#open.size)
    assert.ok(this.#tunnels.size <= people.length * sessionsPerPerson, 'too many sessions')
    for (const { farewell } of this.#peers) {
      assert.ok(farewell === null || farewells.includes(farewell), `sent away with ${farewell}`)
    }
  }

  /** Everyone is gone, and time passes: nothing is left then. */
  async end(): Promise<void> {
    for (const peer of this.#peers) peer.goes(null)
    await this.wait(keepSeconds + 2)
    this.check()
    assert.equal(this.#tunnels.size, 0, 'sessions are left')
    assert.ok(this.#tunnels.isQuiet)
  }

  #peer(n: number): Peer | undefined {
    return this.#peers[n % Math.max(1, this.#peers.length)]
  }

  /** Everything happens that is to happen until then. */
  async #settle(ms = 0): Promise<void> {
    this.#world.after(ms, () => {})
    await this.#world.run(this.#world.now + ms, () => false)
  }
}

/** Who is at the other end of a carrier. */
class Peer {
  /** What the relay sent them away with. */
  farewell: ErrorCode | null = null
  readonly carrier: RelayCarrier
  #isOpen = true

  constructor(told: (message: Uint8Array) => void) {
    this.carrier = {
      bufferedBytes: 0,
      listener: { onMessage() {}, onClose() {} },
      send: (message, sent) => {
        if (!this.#isOpen) return
        told(message.slice())
        sent()
      },
      close: (code) => {
        if (this.#isOpen) this.farewell = code
        this.#isOpen = false
      },
      terminate: () => {
        this.#isOpen = false
      },
    }
  }

  says(message: Uint8Array): void {
    if (this.#isOpen) this.carrier.listener.onMessage(message)
  }

  goes(code: ErrorCode | null): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.carrier.listener.onClose(code)
  }
}
