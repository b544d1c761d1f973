import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { importPKCS8, SignJWT } from 'jose'
import { ensureAirflow } from '../../build/setup/python.ts'
import { run } from '../../build/setup/run.ts'
import { step } from '../../build/setup/steps.ts'
import { ensureSystemPackages } from '../../build/setup/system-packages.ts'
import { startAirflow } from '../../demo/airflow.ts'
import { freePort } from '../../demo/free-port.ts'
import { Processes } from '../../demo/processes.ts'
import { airflowSettings } from '../../relay/upstream/airflow-keys.ts'
import type { Options } from './options.ts'
import type { PageLoad } from './page-load.ts'
import type { Path, Upstream } from './peers/peer.ts'
import { inRounds } from './rounds.ts'
import type { Site } from './site.ts'
import { printTable } from './table.ts'
import { linkTitle } from './throughput.ts'

const columns = {
  firstMs: ['first load ms', 0],
  warmMs: ['warm ms', 0],
  warmStaticRequests: ['static files asked for again', 0],
} as const

/**
 * How soon Airflow's list of DAGs stands in a real browser: through Jetway, and over HTTPS straight to the same
 * Airflow.
 *
 * @param startJetway starts the relay, whose keys Airflow is to trust, and a client
 * @returns the figures by link and way
 */
export async function pageLoads(
  site: Site,
  startJetway: (site: Site, upstream: Upstream) => Promise<Path>,
  o: Options,
): Promise<object> {
  await ensureSystemPackages(['python', 'desktop'])
  const upstream = { port: await freePort(), httpsPort: await freePort() }
  const jetway = await startJetway(site, upstream)
  const keys = join(site.folder, 'jetway/relay')
  const airflow = new Processes()
  try {
    const bin = await step('Airflow’s Python packages', ensureAirflow)
    const settings = airflowSettings(join(keys, 'jwks.json'), join(keys, 'airflow.pem'))
    const home = join(site.folder, 'airflow')
    const { url } = await step('Airflow', () => startAirflow({ bin, home, settings, processes: airflow }))
    await enter(site, upstream, Number(new URL(url).port))
    const paths: Path[] = [
      { ...jetway, url: jetway.url.replace('127.0.0.1', 'localhost') },
      { name: 'https', url: `https://${site.farHost}:${upstream.httpsPort}`, token: await tokenFor(keys) },
    ]
    const load = ({ url, token }: Path): Promise<PageLoad> =>
      run(
        ...site.inside('near')(process.execPath, [
          join(import.meta.dirname, 'page-load.ts'),
          url,
          site.certificate.cert,
          ...(token ? [token] : []),
        ]),
      ).then((text) => JSON.parse(text))
    // Twice each: Airflow and the relay are as they are for the second person of a day.
    for (const path of [...paths, ...paths]) await step(`warm up: ${path.name}`, () => load(path))
    const all: Record<string, object> = {}
    for (const link of o.links) {
      await site.wan?.set(link)
      const results = await inRounds(o.rounds, paths, async (path) => ({ ...(await load(path)) }))
      printTable(linkTitle(link), columns, results)
      all[linkTitle(link)] = Object.fromEntries(results)
    }
    return all
  } finally {
    await airflow.stopAll()
  }
}

/** Airflow is outside of both sides; the far one has it on 127.0.0.1. */
async function enter(site: Site, { port, httpsPort }: Upstream, airflowPort: number): Promise<void> {
  await site.wan?.publish(airflowPort)
  const { cert, key } = site.certificate
  const args = [site.farHost, String(port), String(httpsPort), cert, key, String(airflowPort)]
  site.far.start('entrance', process.execPath, [join(import.meta.dirname, 'entrance.ts'), ...args], {
    logFile: join(site.folder, 'entrance.log'),
  })
  await site.listening('far', port)
  await site.listening('far', httpsPort)
}

/** What the relay gives Airflow for a viewer, for the way that has no relay. */
async function tokenFor(keys: string): Promise<string> {
  const key = await importPKCS8(await readFile(join(keys, 'relay.pem'), 'utf8'), 'EdDSA')
  return new SignJWT({ role: 'viewer' })
    .setProtectedHeader({ alg: 'EdDSA', kid: 'relay' })
    .setSubject('ana@example.com')
    .setAudience('apache-airflow')
    .setIssuedAt()
    .setNotBefore('0s')
    .setExpirationTime('2h')
    .sign(key)
}
