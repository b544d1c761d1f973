import type { Dial } from '#client/carriers/carrier.ts'
import { reopen } from '#client/engine/reopen.ts'
import type { Tunnel } from '#client/tunnel.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Tunnels } from '../../relay/tunnels.ts'
import { openTunnelIn, relayIn } from './ends.ts'
import { Link } from './link.ts'
import { person } from './person.ts'
import { World } from './world.ts'

const crashesAtMs = 10_000
const giveUpMs = 120_000
export const bucketMs = 100

export interface HerdOutcome {
  /** Connections that reached the relay's address in each {@link bucketMs} since it crashed. */
  readonly attempts: readonly number[]
  /** From the relay's return until everyone was connected again, in milliseconds. */
  readonly allBackAfterMs: number
}

/**
 * Many clients of a relay that crashes: all carriers are reset at one moment, connections are refused for `downMs`,
 * then it is there again and knows no session.
 *
 * @throws Error when someone is left behind
 */
export async function stampede(o: { seed: number; clients: number; downMs: number }): Promise<HerdOutcome> {
  const world = new World(o.seed)
  const newRelay = () => relayIn(world, { onStream() {}, onEvent() {} })
  const attempts: number[] = []
  let links: Link[] = []
  let relay: Tunnels | null = newRelay()

  const arrives = () => {
    if (world.now < crashesAtMs) return
    const bucket = Math.floor((world.now - crashesAtMs) / bucketMs)
    attempts[bucket] = (attempts[bucket] ?? 0) + 1
  }
  /** A connection to the relay, which may refuse it; `what` happens there when it is made. */
  const connect = <T>(latencyMs: number, roundTrips: number, what: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      world.after(latencyMs, () => {
        arrives()
        if (relay === null) {
          const refused = { relay: 'relay', reason: 'connection refused' }
          world.after(latencyMs, () => reject(new JetwayError('RELAY_UNREACHABLE', refused)))
          return
        }
        world.after(latencyMs * (2 * roundTrips - 1), () => resolve(what()))
      })
    })

  const clients = Array.from({ length: o.clients }, (_, i) => {
    const latencyMs = world.integer(2, 60)
    const dial: Dial = ({ first }) =>
      connect(latencyMs, 2, () => {
        const link = new Link(world, {
          latencyMs,
          bytesPerMs: 10_000,
          breakAfterBytes: null,
          breaks: 'reset',
          stallAfterBytes: 0,
          stallMs: 0,
        })
        links.push(link)
        const message = first()
        world.after(latencyMs, () => {
          if (relay === null || link.isBroken) link.break()
          else
            relay.accept({
              carrier: link.relay,
              principal: person(`p${i}`),
              keyThumbprint: null,
              address: '192.0.2.1',
              first: message,
            })
        })
        return link.client
      })
    const client = new Client(world, dial, () => connect(latencyMs, 3, () => {}))
    // Not all at once in the morning either
    world.after(world.integer(0, crashesAtMs / 2), () => void client.run())
    return client
  })
  const isAllThere = () => clients.every((client) => client.isConnected)
  if (!(await world.run(crashesAtMs, isAllThere))) throw new Error('not everyone came in the first place')
  await world.run(crashesAtMs, () => false)

  relay = null
  for (const link of links) link.break()
  links = []
  await world.run(crashesAtMs + o.downMs, () => false)
  relay = newRelay()
  const isBack = await world.run(crashesAtMs + o.downMs + giveUpMs, isAllThere)
  if (!isBack) throw new Error(`${clients.filter((client) => !client.isConnected).length} are left behind`)
  return {
    attempts: Array.from(attempts, (count = 0) => count),
    allBackAfterMs: world.now - crashesAtMs - o.downMs,
  }
}

/** What an environment does to keep its tunnel up, with all that it waits for on the world's clock. */
class Client {
  readonly #world: World
  readonly #dial: Dial
  readonly #discover: () => Promise<void>
  readonly #signal = new AbortController().signal
  #tunnel: Tunnel | null = null

  constructor(world: World, dial: Dial, discover: () => Promise<void>) {
    this.#world = world
    this.#dial = dial
    this.#discover = discover
  }

  get isConnected(): boolean {
    return this.#tunnel?.isAttached ?? false
  }

  async run(): Promise<void> {
    const { scheduler, random } = this.#world
    await this.#open()
    for (;;) {
      await this.#tunnel?.closed
      const isBack = await reopen({
        open: () => this.#open(),
        onWait() {},
        onFailure() {},
        signal: this.#signal,
        scheduler,
        random,
      })
      if (!isBack) return
    }
  }

  async #open(): Promise<void> {
    await this.#discover()
    this.#tunnel = await openTunnelIn(this.#world, this.#dial)
  }
}
