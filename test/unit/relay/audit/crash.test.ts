import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LogFiles } from '../../../../relay/audit/log-files.ts'
import { parseVkey } from '../../../../relay/audit/note.ts'
import { verifyLog } from '../../../../relay/audit/verify.ts'
import { key, vkey } from '../../../support/audit-log.ts'
import { seeded } from '../../../support/random.ts'

/** Processes that write to one log and are killed with SIGKILL, wherever that meets them. */
const program = join(import.meta.dirname, '../../../support/audit-crash.ts')
let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-'))
  file = join(folder, 'audit.jsonl')
  await writeFile(join(folder, 'audit.pem'), key.export({ type: 'pkcs8', format: 'pem' }))
})
afterEach(() => rm(folder, { recursive: true }))

/** @returns the ids that it said before it was killed, after `acknowledged` of them at the earliest */
async function killedAfter(acknowledged: number, name: string): Promise<string[]> {
  const child = spawn(process.execPath, [program, file, join(folder, 'audit.pem'), name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ids: string[] = []
  for await (const id of createInterface({ input: child.stdout })) {
    ids.push(id)
    if (ids.length === acknowledged) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  expect(child.signalCode).toBe('SIGKILL')
  return ids
}

async function idsInLog(): Promise<string[]> {
  const ids: string[] = []
  for (const { path } of await new LogFiles(file).segments()) {
    const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1)
    ids.push(...lines.map((line) => JSON.parse(line).id))
  }
  return ids
}

async function expectAll(acknowledged: readonly string[]): Promise<void> {
  expect(await verifyLog(file, parseVkey(vkey))).toMatchObject({ fault: null })
  const written = await idsInLog()
  expect(new Set(written).size).toBe(written.length)
  expect(acknowledged.filter((id) => !written.includes(id))).toEqual([])
}

test('kill -9 at any moment loses no acknowledged record, and leaves a log that verifies', {
  timeout: 60_000,
}, async () => {
  const random = seeded(7)
  const acknowledged: string[] = []
  for (let round = 0; round < 16; round += 1) {
    acknowledged.push(...(await killedAfter(1 + Math.floor(random() * 120), `r${round}`)))
    await expectAll(acknowledged)
  }
})

test('two processes write to one log, as while one relay follows another; each is killed', {
  timeout: 60_000,
}, async () => {
  const random = seeded(8)
  const acknowledged: string[] = []
  for (let round = 0; round < 3; round += 1) {
    const both = ['a', 'b'].map((name) => killedAfter(20 + Math.floor(random() * 80), `${name}${round}`))
    for (const ids of await Promise.all(both)) acknowledged.push(...ids)
    await expectAll(acknowledged)
  }
})
