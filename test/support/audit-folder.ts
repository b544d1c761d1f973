import { createPrivateKey } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAuditLog } from '../../relay/audit/audit-log.ts'
import { record } from './audit-log.ts'
import { relayCommand } from './relay-command.ts'

/** A folder as `jetway-relay init` makes it, with its configuration made valid, and a log with records in it. */
export interface AuditFolder {
  readonly path: string
  /** Runs `jetway-relay audit …` in it. @throws Error when that fails */
  audit(...args: readonly string[]): Promise<string>
  /** What it says when it fails, and how it ends. */
  failure(...args: readonly string[]): Promise<{ code: number; said: string }>
  close(): Promise<void>
}

const people = ['Ana', 'Bob', '=cmd|"/c calc"!A1']

/** @param records in segments of about 8 KiB, with a checkpoint at every 16 */
export async function makeAuditFolder(records: number): Promise<AuditFolder> {
  const path = await mkdtemp(join(tmpdir(), 'audit-'))
  const where = [
    '--url',
    'http://127.0.0.1:8443',
    '--airflow',
    'http://127.0.0.1:8080',
    '--issuer',
    'http://127.0.0.1:9',
  ]
  const { code, stderr } = await relayCommand(path, 'init', ...where)
  if (code !== 0) throw new Error(stderr)
  const config = (await readFile(join(path, 'relay.yaml'), 'utf8'))
    .replace('host: 0.0.0.0', 'host: 127.0.0.1')
    .replace(/ {2}tls:.*tls\.key\n/s, '  plain: true\n')
  await writeFile(join(path, 'relay.yaml'), config)

  const log = await openAuditLog(
    {
      file: join(path, 'audit.jsonl'),
      key: createPrivateKey(await readFile(join(path, 'audit.pem'))),
      origin: '127.0.0.1:8443/audit',
      checkpoints: { everyRecords: 16, everySeconds: 3600, heartbeatSeconds: 3600 },
      segments: { maxBytes: 8192, keepDays: null },
      redact: [],
    },
    (error) => {
      throw error
    },
  )
  for (let i = 1; i <= records; i += 1) {
    const name = people[i % people.length] as string
    const template = record(`r${i}`)
    const principal = template.principal && {
      ...template.principal,
      name,
      email: `${i % people.length}@example.com`,
    }
    await log.commit({ ...template, principal, time: new Date(Date.UTC(2026, 0, i)).toISOString() })
  }
  await log.close()
  return {
    path,
    async audit(...args) {
      const done = await relayCommand(path, 'audit', ...args)
      if (done.code !== 0) throw new Error(done.stdout + done.stderr)
      return done.stdout
    },
    async failure(...args) {
      const done = await relayCommand(path, 'audit', ...args)
      return { code: done.code, said: done.stdout + done.stderr }
    },
    close: () => rm(path, { recursive: true }),
  }
}
