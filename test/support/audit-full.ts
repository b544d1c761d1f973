/**
 * `node audit-full.ts <file> <key.pem>`: writes to an audit log until it is full, says so, waits until there is room, and
 * says that.
 */
import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { JetwayError } from '#shared/errors/jetway-error.ts'
import { openAuditLog } from '../../relay/audit/audit-log.ts'
import { logOptions, record } from './audit-log.ts'
import { eventually } from './eventually.ts'

const [file = '', keyFile = ''] = process.argv.slice(2)
const log = await openAuditLog(logOptions(file, { key: createPrivateKey(readFileSync(keyFile)) }), () => {})
let refusal: JetwayError | null = null
for (let n = 0; refusal === null; n += 1)
  await log.commit(record(String(n))).catch((error) => {
    refusal = error
  })
process.stdout.write(`${(refusal as JetwayError).code} ${log.writable}\n`)
await eventually('there is room', async () =>
  log.flush().then(
    () => true,
    () => false,
  ),
)
process.stdout.write(`${log.writable}\n`)
await log.close()
