/**
 * `node audit-crash.ts <file> <key.pem> <name>`: writes to an audit log as fast as it can until it is killed, and says the
 * id of each record that is on the disk.
 */
import { createPrivateKey } from 'node:crypto'
import { readFileSync, writeSync } from 'node:fs'
import { openAuditLog } from '../../relay/audit/audit-log.ts'
import { logOptions, record } from './audit-log.ts'

const [file = '', keyFile = '', name] = process.argv.slice(2)
const log = await openAuditLog(
  logOptions(file, {
    key: createPrivateKey(readFileSync(keyFile)),
    checkpoints: { everyRecords: 7, everySeconds: 1, heartbeatSeconds: 1 },
    segments: { maxBytes: 20_000, keepDays: null },
  }),
  (error) => writeSync(2, `${error.stack}\n`),
)
for (let n = 0; ; n += 1) {
  const ids = Array.from({ length: 1 + (n % 5) }, (_, i) => `${name}-${n}-${i}`)
  log.append(record(`${name}-${n}-read`))
  await Promise.all(ids.map((id) => log.commit(record(id))))
  writeSync(1, ids.map((id) => `${id}\n`).join(''))
}
