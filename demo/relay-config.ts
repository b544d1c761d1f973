import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { CertificateFiles } from './certificate.ts'
import { audience, clientId, scopes } from './provider/provider.ts'

/** Writes the relay's configuration for the demo. @returns its path */
export async function writeRelayConfig(o: {
  folder: string
  host: string
  relayUrl: string
  relayPort: number
  localPort: number
  airflow: string
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
      publicUrl: o.relayUrl,
      listen: {
        host: o.host,
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
      },
      audit: { file: o.auditFile },
    }),
  )
  return path
}
