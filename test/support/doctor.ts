import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { makeAuditKey } from '../../relay/audit/audit-key.ts'
import { loadConfig } from '../../relay/config/load.ts'
import type { Finding } from '../../relay/doctor/finding.ts'
import { examineIdentity } from '../../relay/doctor/identity.ts'
import { makeAirflowKeys } from '../../relay/upstream/airflow-keys.ts'

/** A folder with `relay.yaml` and the keys that it names, until the test has ended. */
export async function relayFolder(
  identity: object,
  groups: readonly string[] = ['data-eng'],
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'doctor-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const { name, content, mode } of [...makeAirflowKeys(), ...makeAuditKey('relay.test/audit')])
    await writeFile(join(folder, name), content, { mode })
  const config = {
    version: 1,
    publicUrl: 'http://127.0.0.1:1',
    listen: { plain: true },
    direct: 'airflow',
    identity,
    services: {
      airflow: { type: 'airflow', url: 'http://127.0.0.1:1', identity: { keyFile: 'relay.pem' } },
    },
    policy: { contact: 'Ask us.', grants: groups.map((group) => ({ group, role: 'viewer' })) },
    audit: { file: 'audit.jsonl', keyFile: 'audit.pem', origin: 'relay.test/audit' },
  }
  await writeFile(join(folder, 'relay.yaml'), JSON.stringify(config))
  return folder
}

/** What the doctor finds with an `identity` of the configuration. */
export async function examined(
  identity: object,
  o: { token?: string; groups?: readonly string[] } = {},
): Promise<readonly Finding[]> {
  const folder = await relayFolder(identity, o.groups)
  return examineIdentity(loadConfig(join(folder, 'relay.yaml')), o.token ?? null)
}

/** As lines, `level check`, of those that are not all right. */
export function complaints(found: readonly Finding[]): string[] {
  return found
    .filter(({ level }) => level === 'fault' || level === 'warning')
    .map(({ level, check }) => `${level} ${check}`)
}
