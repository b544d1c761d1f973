import type { Dial } from '#client/carriers/carrier.ts'
import type { Tunnel } from '#client/tunnel.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { encodeResume, parseFirst } from '#shared/protocol/handshake.ts'
import { parseMessage } from '#shared/protocol/message.ts'
import { maxUnackedBytes } from '#shared/protocol/sequence.ts'
import { messageType } from '#shared/protocol/wire.ts'
import type { TunnelSession } from '../../relay/tunnel-session.ts'
import { keepSeconds, openTunnelIn, relayIn } from './ends.ts'
import { type Break, Link } from './link.ts'
import { person } from './person.ts'
import { LocalSocket, type Peer, serve } from './traffic.ts'
import { World } from './world.ts'

/** Faults come in the first minute; after that everything has to end well. */
const faultsUntilMs = 60_000
const stuckAfterMs = 600_000

export interface Outcome {
  readonly carriers: number
  readonly resumes: number
  /** Why the session ended before its traffic did; null where it did not. */
  readonly lost: string | null
  readonly bytes: number
}

/**
 * One seeded run of both real ends over carriers that break, stall, come late and come twice, with someone who tries
 * what they overheard or make up.
 *
 * @throws Error naming the first thing that must never happen
 */
export async function simulate(seed: number): Promise<Outcome> {
  const world = new World(seed)
  const links: Link[] = []
  const overheard: Uint8Array[] = []
  const relayPeers: Peer[] = []
  const plans = new Map<number, { up: number; down: number }>()
  let relaySession: TunnelSession | null = null
  let resumes = 0
  let relayLoss: string | null = null

  const relay = relayIn(world, {
    onStream(stream) {
      const n = (stream.id - 1) / 2
      const plan = plans.get(n)
      if (!plan) throw new Error(`stream ${n} was opened twice, or never`)
      plans.delete(n)
      relayPeers.push(serve(world, stream, { n, side: 1, sends: plan.down, receives: plan.up }))
    },
    onEvent({ kind, session, error }) {
      if (kind === 'open') relaySession = session
      if (kind === 'resume') resumes += 1
      if (kind === 'close') relayLoss = error.code
    },
  })

  const newLink = () => {
    const isFaulty = world.now < faultsUntilMs
    const link = new Link(world, {
      latencyMs: world.integer(1, 150),
      bytesPerMs: world.chance(0.3) ? world.integer(20, 200) : 20_000,
      breakAfterBytes:
        isFaulty && world.chance(0.8) ? world.integer(1, world.chance(0.5) ? 3000 : 400_000) : null,
      breaks: (['reset', 'client hears', 'relay hears', 'black hole'] as const satisfies readonly Break[])[
        world.integer(0, 3)
      ] as Break,
      stallAfterBytes: isFaulty ? world.integer(1, 200_000) : 0,
      stallMs: world.chance(0.3) ? world.integer(1, 20_000) : 0,
    })
    links.push(link)
    return link
  }
  const arrive = (link: Link, first: Uint8Array, subject: string) =>
    relay.accept({
      carrier: link.relay,
      principal: person(subject),
      keyThumbprint: null,
      address: '192.0.2.1',
      first,
    })

  /** Someone who has not got the session comes with a message for it: they are sent away, and hear nothing else. */
  const intrude = (first: Uint8Array, subject: string) => {
    const link = newLink()
    link.client.listen({
      onMessage() {
        throw new Error('a stranger was told something')
      },
      onClose() {},
    })
    arrive(link, first, subject)
  }

  const dial: Dial = ({ first, signal }) =>
    new Promise((resolve, reject) => {
      const unreachable = () => new JetwayError('RELAY_UNREACHABLE', { relay: 'relay', reason: 'simulated' })
      signal.addEventListener('abort', () => reject(new JetwayError('CLOSED')))
      const isFaulty = world.now < faultsUntilMs && links.length > 0
      if (isFaulty && world.chance(0.2)) {
        world.after(world.integer(0, 2000), () => reject(unreachable()))
        return
      }
      world.after(world.integer(2, isFaulty && world.chance(0.1) ? 8000 : 300), () => {
        if (signal.aborted) return
        const message = first()
        overheard.push(message)
        const link = newLink()
        // The upgrade may be lost on its way, or its answer; or come so late that another was sent after it.
        if (isFaulty && world.chance(0.1)) {
          world.after(world.integer(100, 5000), () => reject(unreachable()))
          if (world.chance(0.5)) world.after(world.integer(100, 20_000), () => arrive(link, message, 'ana'))
          return
        }
        // Whoever stole it is faster, and not the one that it was made for.
        if (message[0] === messageType.RESUME && world.chance(0.1)) intrude(message, 'mallory')
        arrive(link, message, 'ana')
        world.after(world.integer(1, 150), () => resolve(link.client))
      })
    })

  let tunnel: Tunnel | null = null
  let clientLoss: JetwayError | null = null
  openTunnelIn(world, dial).then(
    (opened) => {
      tunnel = opened
      void opened.closed.then((error) => {
        clientLoss = error
      })
    },
    (error: JetwayError) => {
      clientLoss = error
    },
  )
  await world.run(30_000, () => tunnel !== null || clientLoss !== null)
  if (tunnel === null) return { carriers: links.length, resumes, lost: 'before it began', bytes: 0 }
  const opened: Tunnel = tunnel

  let opensAt = 0
  const sockets = Array.from({ length: world.integer(1, 6) }, (_, n) => {
    const size = () => (world.chance(0.2) ? 0 : world.integer(1, world.chance(0.3) ? 400_000 : 5000))
    const [up, down] = [size(), size()]
    plans.set(n, { up, down })
    const socket = new LocalSocket(world, { n, side: 0, sends: up, receives: down })
    // One after the other: the relay tells streams apart by their ids.
    opensAt += world.integer(0, 20_000)
    world.after(opensAt, () => opened.open('airflow', socket.open()))
    return socket
  })
  const interfere = () => {
    if (world.now > faultsUntilMs) return
    const first = overheard[world.integer(0, overheard.length - 1)] as Uint8Array
    // Ana's own may be one that got lost, and is then as good as new: another carrier takes over from it.
    if (world.chance(0.3)) arrive(newLink(), first, 'ana')
    else intrude(forged(world, first), 'ana')
    if (world.chance(0.1)) opened.probe()
    world.after(world.integer(500, 8000), interfere)
  }
  interfere()

  const isDone = () => clientLoss !== null || sockets.every(({ peer }) => peer.isDone)
  const check = () => {
    if (relaySession && relaySession.keptBytes > maxUnackedBytes + 6_000_000)
      throw new Error('too much is kept')
    return isDone()
  }
  if (!(await world.run(stuckAfterMs, check))) {
    throw new Error(
      `stuck: ${sockets.map(({ peer }) => `${peer.received}${peer.ended ? '.' : ''}`).join(' ')}`,
    )
  }
  // The client's end may be done while the relay's is not, and the session may still be lost in between.
  const isOver = () => clientLoss !== null || relayPeers.every((peer) => peer.isDone)
  if (!(await world.run(world.now + stuckAfterMs, isOver))) throw new Error('the relay’s end is not done')
  const lost = (clientLoss as JetwayError | null)?.code ?? null
  if (clientLoss === null) opened.close()
  else requireSaid(clientLoss, sockets)
  const gone = await world.run(world.now + 2 * keepSeconds * 1000, () => relay.size === 0)
  if (!gone) throw new Error(`${relay.size} sessions are left at the relay (${relayLoss})`)
  const bytes = sockets.reduce((sum, { peer }) => sum + peer.received, 0)
  return { carriers: links.length, resumes, lost, bytes }
}

/** A session may be lost when the network was away for too long; then it is said, at every stream. */
function requireSaid(loss: JetwayError, sockets: readonly LocalSocket[]): void {
  if (loss.code !== 'SESSION_LOST' && loss.code !== 'RELAY_UNREACHABLE') {
    throw new Error(`the session ended with ${loss.code}: ${loss.message}`)
  }
  for (const { peer } of sockets) {
    if (!peer.isDone && peer.resetCode === null && peer.received > 0)
      throw new Error('a loss that was not said')
  }
}

/** What someone makes of a message that they overheard, without the secret. */
function forged(world: World, first: Uint8Array): Uint8Array {
  const parsed = parseFirst(parseMessage(first))
  const made = { session: 'A'.repeat(22), epoch: 1, received: 0, proof: 'A'.repeat(43) }
  if (!('resume' in parsed)) return encodeResume(made)
  const { resume } = parsed
  switch (world.integer(0, 3)) {
    case 0:
      return encodeResume({ ...resume, epoch: resume.epoch + world.integer(1, 10) })
    case 1:
      return encodeResume({ ...resume, epoch: resume.epoch + 10, received: resume.received + 8 })
    case 2:
      return encodeResume({ ...resume, epoch: resume.epoch + 10, proof: made.proof })
    default:
      return encodeResume({ ...made, proof: resume.proof })
  }
}
