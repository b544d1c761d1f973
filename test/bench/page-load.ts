/**
 * `node page-load.ts <url> <certificate> [token]`: loads Airflow's list of DAGs in Chromium, with an empty cache and
 * again with a warm one. Writes {@link PageLoad} as JSON.
 */
import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'

export interface PageLoad {
  /** Until the last DAG of the list stands there, in ms. */
  readonly firstMs: number
  readonly warmMs: number
  /** Static files that a warm reload asked the network for. */
  readonly warmStaticRequests: number
}

const [url = '', certificate = '', token] = process.argv.slice(2)
const key = new X509Certificate(readFileSync(certificate)).publicKey.export({ type: 'spki', format: 'der' })
const profile = mkdtempSync(join(tmpdir(), 'page-load-'))
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  // Trusted like any certificate: what comes over an untrusted one is not cached.
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--no-proxy-server',
    `--ignore-certificate-errors-spki-list=${createHash('sha256').update(key).digest('base64')}`,
  ],
  ...(token ? { extraHTTPHeaders: { authorization: `Bearer ${token}` } } : {}),
})
try {
  const page = await context.newPage()
  const firstMs = await timed(page, () => page.goto(`${url}/dags`))
  // All that the page still fetches in the background belongs to the first load.
  await page.waitForLoadState('networkidle')
  const asked = await countStaticRequests(page)
  const warmMs = await timed(page, () => page.reload())
  await page.waitForLoadState('networkidle')
  process.stdout.write(JSON.stringify({ firstMs, warmMs, warmStaticRequests: asked() } satisfies PageLoad))
} finally {
  await context.close()
  rmSync(profile, { recursive: true, force: true })
}

async function timed(page: Page, load: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await Promise.all([load(), page.getByRole('link', { name: 'hello', exact: true }).waitFor()])
  return performance.now() - started
}

/** Those that were not answered by the browser's own caches. */
async function countStaticRequests(page: Page): Promise<() => number> {
  const session = await page.context().newCDPSession(page)
  const asked = new Set<string>()
  await session.send('Network.enable')
  session.on('Network.requestWillBeSent', ({ requestId, request }) => {
    if (new URL(request.url).pathname.startsWith('/static/')) asked.add(requestId)
  })
  session.on('Network.requestServedFromCache', ({ requestId }) => asked.delete(requestId))
  session.on('Network.responseReceived', ({ requestId, response }) => {
    if (response.fromDiskCache) asked.delete(requestId)
  })
  return () => asked.size
}
