import { type DemoProvider, startProvider } from '../../demo/provider/provider.ts'
import { knownBlock } from './known-bytes.ts'
import { answerLog } from './log-of-bytes.ts'
import type { OwnRelay } from './own-relay.ts'
import { serviceAt, startPeopleRelay } from './people-relay.ts'
import { startToldUpstream, type ToldUpstream } from './told-upstream.ts'

/** A company without Airflow, in this process: a provider at which people sign in, and a relay over plain HTTP. */
export interface SmallCompany {
  readonly issuer: string
  readonly relay: OwnRelay
  /** Of it, as people paste it. */
  readonly relayUrl: string
  /** What the relay proposes to clients. */
  readonly localPort: number
  stopProvider(): Promise<void>
  /** At the same address as before. */
  startProvider(): Promise<void>
  close(): Promise<void>
}

export async function startSmallCompany(
  o: {
    accessTokenSeconds?: number
    around?: Parameters<typeof startProvider>[0]['around']
    /** Of a second service, `docs`, on clients; none where it is not given. */
    docsPort?: number
  } = {},
): Promise<SmallCompany> {
  const { accessTokenSeconds = 300, around, docsPort } = o
  const start = (port: number) =>
    startProvider({ port, accessTokenSeconds, ...(around === undefined ? {} : { around }) })
  let provider: DemoProvider | null = await start(0)
  const { issuer } = provider
  const upstream = await startKnownUpstream()
  const airflow = await serviceAt('airflow', upstream.url)
  const relay = await startPeopleRelay(issuer, upstream.url, {
    services: {
      airflow,
      ...(docsPort === undefined
        ? {}
        : { docs: { ...(await serviceAt('http', upstream.url)), localPort: docsPort } }),
    },
    policy: {
      contact: 'Ask the data platform team (#data-platform).',
      grants: [{ group: 'data-eng', role: 'viewer' }],
      ...(docsPort === undefined
        ? {}
        : { http: [{ group: 'data-eng', services: ['docs'], verbs: ['http.read'] }] }),
    },
  })
  const stopProvider = async () => {
    await provider?.close()
    provider = null
  }
  return {
    issuer,
    relay,
    relayUrl: relay.url,
    localPort: airflow.localPort,
    stopProvider,
    async startProvider() {
      provider = await start(Number(new URL(issuer).port))
    },
    async close() {
      await stopProvider()
      await relay.close()
      upstream.close()
    },
  }
}

/** In Airflow's place: logs of known bytes of any length, and an empty answer to everything else. */
export async function startKnownUpstream(): Promise<ToldUpstream> {
  const upstream = await startToldUpstream()
  upstream.answer = (request, response) => {
    if (!answerLog(request, response, knownBlock))
      response.setHeader('content-type', 'application/json').end('{}')
  }
  return upstream
}
