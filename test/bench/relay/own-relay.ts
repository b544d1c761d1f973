import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../../demo/free-port.ts'
import { runRelay, writeKeys } from '../../../demo/stack.ts'
import { audience, startTokenProvider } from '../../support/token-provider.ts'
import { pidOf } from '../process-figures.ts'
import type { Site } from '../site.ts'

export interface BenchRelay {
  readonly url: string
  readonly port: number
  /** Answers for its health alone. */
  readonly healthPort: number
  readonly pid: number
  /** A token of a person who may trigger. */
  token(person: string): Promise<string>
}

/** A relay in a process of its own that is reached directly: over TLS, or without where something else would end it. */
export async function startBenchRelay(
  site: Site,
  o: { name: string; airflowUrl: string; tls: boolean; limits?: object },
): Promise<BenchRelay> {
  const stateDir = join(site.folder, o.name)
  await mkdir(stateDir)
  const folder = await writeKeys(stateDir)
  const provider = await startTokenProvider()
  const [port, healthPort] = [await freePort(), await freePort()]
  const { cert, key } = site.certificate
  const url = `${o.tls ? 'https' : 'http'}://127.0.0.1:${port}`
  const config = {
    version: 1,
    publicUrl: url,
    listen: { port, ...(o.tls ? { tls: { cert, key } } : { plain: true }) },
    identity: { oidc: { issuer: provider.issuer, clientId: 'jetway', audience } },
    services: { airflow: { type: 'airflow', url: o.airflowUrl, identity: { keyFile: 'relay.pem' } } },
    direct: 'airflow',
    policy: { contact: 'Nobody.', grants: [{ group: 'data-eng', role: 'user' }] },
    audit: { file: join(stateDir, 'audit.jsonl'), keyFile: 'audit.pem', origin: 'bench/audit' },
    health: { port: healthPort },
    limits: o.limits ?? {},
  }
  const path = join(folder, 'relay.yaml')
  await writeFile(path, JSON.stringify(config))
  await runRelay(site.far, path, join(folder, 'relay.log'))
  const expires = Math.floor(Date.now() / 1000) + 4 * 3600
  return {
    url,
    port,
    healthPort,
    pid: await pidOf(port),
    token: (person) => provider.token({ sub: person, email: `${person}@example.com`, exp: expires }),
  }
}
