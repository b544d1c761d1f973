import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureGoProgram } from '../../build/setup/go.ts'
import { run } from '../../build/setup/run.ts'
import { type AuditFolder, makeAuditFolder } from '../support/audit-folder.ts'

/** The log and what the command line makes of it, held against the transparency log of Go's checksum database. */
const records = 150
let folder: AuditFolder
let program: string
beforeAll(async () => {
  program = await ensureGoProgram(join(import.meta.dirname, 'go/transparency'))
  folder = await makeAuditFolder(records)
}, 300_000)
afterAll(() => folder?.close())

test('checkpoints, proofs and manifests are good in the eyes of another implementation', async () => {
  const save = async (name: string, text: string) => writeFile(join(folder.path, name), text)
  for (const seq of ['0', '1', '63', '64', '100', 'r150'])
    await save(`${seq}.tlog-proof`, await folder.audit('prove', '--record', seq))
  const kept = (await readFile(join(folder.path, 'audit.checkpoints'), 'utf8')).trim().split('\n')
  for (const [i, line] of kept.entries()) {
    if (i % 5 !== 0) continue
    const { checkpoint } = JSON.parse(line)
    await save(`${i}.checkpoint`, checkpoint)
    await save(`${i}.consistency`, await folder.audit('prove', '--consistency', checkpoint.split('\n')[1]))
  }
  await folder.audit('export', '--out', join(folder.path, 'export.txt'))
  const counts = JSON.parse(await run(program, [folder.path]))
  expect(counts).toMatchObject({
    checkpoints: kept.length,
    inclusion: 6,
    consistency: Math.ceil(kept.length / 5),
    manifests: 1,
  })
  expect(counts.records).toBeGreaterThan(records)
})

test('and a record that was changed is not', async () => {
  const path = join(folder.path, 'audit.0000000000000000.jsonl')
  await writeFile(path, (await readFile(path, 'utf8')).replace('"status":200', '"status":201'))
  await expect(run(program, [folder.path])).rejects.toThrow(/its root is/)
})
