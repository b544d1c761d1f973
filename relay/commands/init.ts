import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { makeAuditKey, originOf } from '../audit/audit-key.ts'
import { airflowSettings, makeAirflowKeys } from '../upstream/airflow-keys.ts'

export interface InitOptions {
  readonly url: string
  readonly airflow: string
  readonly issuer: string
  readonly clientId: string
  readonly audience: string
}

/**
 * Writes `relay.yaml`, the relay's and Airflow's signing keys, the JWKS that Airflow trusts, and the key that signs the
 * audit log; prints what Airflow needs in its environment, and what auditors need. Never writes over anything.
 *
 * @throws USAGE when one of the files is there
 */
export function init(folder: string, options: InitOptions): void {
  const auditKey = makeAuditKey(originOf(options.url))
  const files = [
    { name: 'relay.yaml', content: configText(options), mode: 0o644 },
    ...makeAirflowKeys(),
    ...auditKey,
  ]
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const { name } of files) {
    if (existsSync(join(folder, name))) {
      throw new JetwayError('USAGE', {
        reason: `${join(folder, name)} is there already; nothing was written.`,
      })
    }
  }
  for (const { name, content, mode } of files)
    writeFileSync(join(folder, name), content, { flag: 'wx', mode })
  const at = (name: string) => resolve(folder, name)
  process.stdout.write(`Written: ${files.map(({ name }) => name).join(', ')}

Give Airflow these, and copy airflow.pem and jwks.json to where it runs:
${airflowSettings(at('jwks.json'), at('airflow.pem'))
  .map(([name, value]) => `  ${name}=${value}`)
  .join('\n')}

Give auditors audit.pub; with it they verify the audit log:
  ${auditKey.find(({ name }) => name === 'audit.pub')?.content}
Then fill in what is marked in relay.yaml, and run:
  jetway-relay check --config ${join(folder, 'relay.yaml')}
  jetway-relay serve --config ${join(folder, 'relay.yaml')}
`)
}

function configText(o: InitOptions): string {
  return `# The relay's configuration. Every key: docs/relay-config.md. Check it: jetway-relay check
version: 1
publicUrl: ${o.url}
listen:
  host: 0.0.0.0
  port: 8443
  tls: # FILL IN: the certificate that people's machines trust
    cert: tls.crt
    key: tls.key
identity:
  oidc:
    issuer: ${o.issuer}
    clientId: ${o.clientId}
    audience: ${o.audience}
services:
  airflow:
    type: airflow
    url: ${o.airflow}
    identity:
      keyFile: relay.pem
policy:
  contact: Ask your platform team for access. # FILL IN: said to people who are denied
  grants: # FILL IN: groups as your provider names them. What no grant allows is denied.
    - { group: airflow-viewers, role: viewer }
    - { group: airflow-operators, role: op }
audit:
  file: audit.jsonl
  keyFile: audit.pem
`
}
