import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { once } from '../../../build/setup/cache.ts'
import { run } from '../../../build/setup/run.ts'
import { freePort } from '../../../demo/free-port.ts'
import { isMissing, type StartPeer } from './peer.ts'

const sources = join(import.meta.dirname, 'jetty')
const name = 'jetty (plain)'

/** Jetty 12 as a reverse proxy, without TLS and without anything to check. */
export const startJetty: StartPeer = async (site, upstream) => {
  const missing = await missingProgram()
  if (missing !== null) return { name, reason: `${missing} is not installed` }
  const folder = await compiled()
  const port = await freePort()
  const classes = [folder, join(folder, 'lib/*')].join(':')
  const args = ['-cp', classes, 'Proxy', site.farHost, String(port), `${site.farHost}:${upstream.port}`]
  site.far.start('jetty', 'java', args, { logFile: join(site.folder, 'jetty.log') })
  await site.listening('far', port)
  return { name, url: `http://${site.farHost}:${port}` }
}

async function missingProgram(): Promise<string | null> {
  for (const program of ['mvn', 'javac', 'java']) {
    try {
      await run(program, ['-version'])
    } catch (error) {
      if (isMissing(error)) return program
      throw error
    }
  }
  return null
}

/** @returns a folder with Proxy.class and its libraries */
async function compiled(): Promise<string> {
  const [pom, source] = [join(sources, 'pom.xml'), join(sources, 'Proxy.java')]
  const hash = createHash('sha256')
  for (const file of [pom, source]) hash.update(await readFile(file))
  return once(`jetty-${hash.digest('hex').slice(0, 12)}`, async (folder) => {
    const lib = join(folder, 'lib')
    await run('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${lib}`])
    await run('javac', ['-cp', join(lib, '*'), '-d', folder, source])
  })
}
