import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { CertificateFiles } from './certificate.ts'
import { audience, clientId, scopes } from './provider/provider.ts'

/** What the audit log is called, whatever the relay's address. */
export const auditOrigin = 'jetway-demo/audit'

/**
 * Writes the relay's configuration for the demo.
 *
 * @param host where it listens and is reached: this machine by its name, unless one of its addresses is given
 * @param tcp a service of that type besides Airflow, for data-eng
 * @returns its path
 */
export async function writeRelayConfig(o: {
  folder: string
  host?: string
  relayPort: number
  localPort: number
  airflow: string
  tcp?: { readonly address: string; readonly localPort: number }
  issuer: string
  certificate: CertificateFiles
  auditFile: string
}): Promise<string> {
  const path = join(o.folder, 'relay.yaml')
  await writeFile(
    path,
    stringify({
      version: 1,
      name: 'demo',
      publicUrl: `https://${o.host ?? 'localhost'}:${o.relayPort}`,
      listen: {
        host: o.host ?? '127.0.0.1',
        port: o.relayPort,
        tls: { cert: o.certificate.cert, key: o.certificate.key },
      },
      identity: { oidc: { issuer: o.issuer, clientId, audience, scopes, resource: audience } },
      services: {
        airflow: {
          type: 'airflow',
          url: o.airflow,
          localPort: o.localPort,
          identity: { keyFile: 'relay.pem' },
        },
        // What is undefined is not written.
        tcp: o.tcp && { type: 'tcp', ...o.tcp },
      },
      direct: 'airflow',
      policy: {
        contact:
          'Ask the data platform team (#data-platform). In this demo: edit policy.grants in relay.yaml.',
        grants: [
          { group: 'data-eng', role: 'viewer' },
          { group: 'data-eng', role: 'user', dags: ['hello', 'etl_*'] },
          { group: 'finance-ops', role: 'viewer' },
          { group: 'finance-ops', role: 'user', dags: ['finance_*'] },
        ],
        // In the demo each team decides on what the other one asks for.
        requests: [
          { group: 'data-eng', role: 'user', dags: ['finance_*'], approvers: ['finance-ops'] },
          { group: 'finance-ops', role: 'user', dags: ['etl_*'], approvers: ['data-eng'] },
        ],
        connect: o.tcp && [{ group: 'data-eng', services: ['tcp'] }],
      },
      audit: { file: o.auditFile, keyFile: 'audit.pem', origin: auditOrigin },
    }),
  )
  return path
}
