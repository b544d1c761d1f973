import { generateKeyPairSync } from 'node:crypto'
import { cp, mkdtemp, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type AuditLogOptions, openAuditLog } from '../../../../relay/audit/audit-log.ts'
import { lineHash } from '../../../../relay/audit/chain.ts'
import { signCheckpoint } from '../../../../relay/audit/checkpoint.ts'
import { LogFiles } from '../../../../relay/audit/log-files.ts'
import { parseVkey } from '../../../../relay/audit/note.ts'
import { verifyLog } from '../../../../relay/audit/verify.ts'
import { key, logOptions, origin, record, vkey } from '../../../support/audit-log.ts'

/** A log of 14 records with checkpoints of 5, 10 and 14, and what may be done to it. */
const size = 14
let original: string
let folder: string
let files: LogFiles
beforeAll(async () => {
  original = await mkdtemp(join(tmpdir(), 'audit-'))
  await write(join(original, 'a.jsonl'), size - 2)
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-'))
  await cp(original, folder, { recursive: true })
  files = new LogFiles(join(folder, 'a.jsonl'))
  return () => rm(folder, { recursive: true })
})
afterAll(() => rm(original, { recursive: true }))

async function write(file: string, records: number, more: Partial<AuditLogOptions> = {}): Promise<void> {
  const { checkpoints } = logOptions(file)
  const log = await openAuditLog(
    logOptions(file, { checkpoints: { ...checkpoints, everyRecords: 5 }, ...more }),
    () => {},
  )
  for (let i = 1; i <= records; i += 1) await log.commit(record(`r${i}`))
  await log.close()
}

async function change(file: string, work: (lines: string[]) => string[]): Promise<void> {
  const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1)
  await writeFile(
    file,
    work(lines)
      .map((line) => `${line}\n`)
      .join(''),
  )
}

const verify = (...outside: string[]) =>
  verifyLog(
    files.active,
    parseVkey(vkey),
    outside.map((note) => ({ file: 'outside', note })),
  )

/** Makes every line follow the one before, as someone would who knows how. */
function chained(lines: readonly string[]): string[] {
  let last: string | null = null
  return lines.map((line, seq) => {
    const made = line.replace(
      /^\{"seq":\d+,"prev":(null|"[0-9a-f]+")/,
      `{"seq":${seq},"prev":${last && `"${last}"`}`,
    )
    last = lineHash(Buffer.from(made))
    return made
  })
}

const other = (line: string) => line.replace('"Ana"', '"Bob"')
const at = (lines: readonly string[], i: number) => lines[i] as string
const without = (lines: readonly string[], i: number, count = 1) => lines.toSpliced(i, count)
const withLine = (lines: readonly string[], i: number, line: string) => lines.toSpliced(i, 0, line)

test('as it was written', async () => {
  expect(await verify()).toMatchObject({
    fault: null,
    first: 0,
    size,
    signedSize: size,
    checkpoints: 3,
    findings: [],
  })
})

test('lines that no checkpoint covers yet, and one that is being written', async () => {
  await change(files.checkpoints, (lines) => lines.slice(0, 2))
  await change(files.active, (lines) => [...lines.slice(0, 12), at(lines, 12).slice(0, 20)])
  await writeFile(files.active, (await readFile(files.active)).subarray(0, -1))
  expect(await verify()).toMatchObject({ fault: null, size: 12, signedSize: 10 })
})

describe('the first line that is wrong, and what was done', () => {
  test.each<[string, number, string, (lines: string[]) => string[]]>([
    ['changed', 7, 'a record that is another one', (lines) => lines.with(6, other(at(lines, 6)))],
    [
      'changed',
      1,
      'the first record',
      (lines) => lines.with(0, at(lines, 0).replace('log.open', 'log.opex')),
    ],
    [
      'changed',
      7,
      'a record that follows another one',
      (lines) =>
        lines.with(
          6,
          at(lines, 6)
            .replace('"prev":"', '"prev":"0')
            .replace(/(?<="prev":"[0-9a-f]{64})./, ''),
        ),
    ],
    ['changed', 7, 'a record that is none', (lines) => lines.with(6, 'hello')],
    ['changed', 7, 'an empty line in its place', (lines) => lines.with(6, '')],
    [
      'changed',
      6,
      'a record, and all that follows made to fit',
      (lines) => chained(lines.with(6, other(at(lines, 6)))),
    ],
    ['removed', 7, 'a record', (lines) => without(lines, 6)],
    ['removed', 1, 'the first record', (lines) => without(lines, 0)],
    ['removed', 7, 'several records', (lines) => without(lines, 6, 3)],
    [
      'changed',
      6,
      'a record that is gone, and all that follows made to fit',
      (lines) => chained(without(lines, 6)),
    ],
    ['reordered', 7, 'two records', (lines) => lines.with(6, at(lines, 7)).with(7, at(lines, 6))],
    ['reordered', 5, 'a record that stands earlier', (lines) => withLine(without(lines, 9), 4, at(lines, 9))],
    ['reordered', 5, 'a record that stands later', (lines) => withLine(without(lines, 4), 8, at(lines, 4))],
    [
      'changed',
      6,
      'two records, and all made to fit',
      (lines) => chained(lines.with(6, at(lines, 7)).with(7, at(lines, 6))),
    ],
    [
      'inserted',
      7,
      'a record of another log',
      (lines) => withLine(lines, 6, at(chained(other(lines.join('\n')).split('\n')), 6)),
    ],
    [
      'inserted',
      7,
      'a record that follows the one before',
      (lines) => withLine(lines, 6, other(at(lines, 6))),
    ],
    ['inserted', 7, 'a copy of an older one', (lines) => withLine(lines, 6, at(lines, 3))],
    ['inserted', 7, 'a copy of a later one', (lines) => withLine(lines, 6, at(lines, 9))],
    ['inserted', 7, 'what is no record', (lines) => withLine(lines, 6, 'hello')],
    [
      'changed',
      6,
      'a record that was put in, and all made to fit',
      (lines) => chained(withLine(lines, 6, other(at(lines, 6)))),
    ],
    ['truncated', 11, 'the end', (lines) => lines.slice(0, 11)],
    ['truncated', 13, 'the last record', (lines) => lines.slice(0, 13)],
  ])('%s, line %i: %s', async (kind, line, _what, work) => {
    await change(files.active, work)
    expect((await verify()).fault).toMatchObject({ kind, line, file: files.active })
  })
})

test('truncated with its checkpoints: known to who has the last checkpoint', async () => {
  const note = JSON.parse((await readFile(files.checkpoints, 'utf8')).split('\n')[2] ?? '').checkpoint
  await change(files.active, (lines) => lines.slice(0, 10))
  await change(files.checkpoints, (lines) => lines.slice(0, 2))
  expect((await verify()).fault).toBeNull()
  expect((await verify(note)).fault).toMatchObject({ kind: 'truncated', line: 10 })
})

describe('checkpoints', () => {
  test('one of a log that says something else, signed by the key: forked', async () => {
    const forked = signCheckpoint({ origin, size: 10, root: Buffer.alloc(32) }, key)
    expect((await verify(forked)).fault).toMatchObject({ kind: 'forked', file: 'outside' })
    const between = signCheckpoint({ origin, size: 7, root: Buffer.alloc(32) }, key)
    expect((await verify(between)).fault).toMatchObject({ kind: 'forked', line: 7 })
  })

  test('two of one size with different roots: forked', async () => {
    const [mine, theirs] = [files.checkpoints, join(folder, 'b.checkpoints')]
    await write(join(folder, 'b.jsonl'), size - 2)
    const [line = ''] = (await readFile(theirs, 'utf8')).split('\n')
    await change(mine, (lines) => withLine(lines, 1, line))
    expect((await verify()).fault).toMatchObject({ kind: 'forked', file: mine, line: 2 })
  })

  test.each<[string, (line: string) => string]>([
    [
      'that is not signed by the key',
      () => {
        const stranger = generateKeyPairSync('ed25519').privateKey
        return JSON.stringify({
          checkpoint: signCheckpoint({ origin, size: 10, root: Buffer.alloc(32) }, stranger),
        })
      },
    ],
    ['of another size', (line) => line.replace('\\n10\\n', '\\n11\\n')],
    ['of another frontier', (line) => line.replace(/"frontier":\["./, '"frontier":["_')],
    ['that is none', () => 'hello'],
  ])('one %s: forged', async (_what, work) => {
    await change(files.checkpoints, (lines) => lines.with(1, work(at(lines, 1))))
    expect((await verify()).fault).toMatchObject({ kind: 'forged', file: files.checkpoints, line: 2 })
  })

  test('an older one after a newer one: reordered', async () => {
    await change(files.checkpoints, (lines) => [at(lines, 1), at(lines, 0), at(lines, 2)])
    expect((await verify()).fault).toMatchObject({ kind: 'reordered', file: files.checkpoints, line: 2 })
  })

  test('one that a record names is gone: removed', async () => {
    await change(files.checkpoints, (lines) => without(lines, 1))
    expect((await verify()).fault).toMatchObject({ kind: 'removed', file: files.active, line: size })
  })
})

describe('segments', () => {
  const segments = { maxBytes: 3000, keepDays: null }
  beforeEach(async () => {
    files = new LogFiles(join(folder, 's.jsonl'))
    await write(files.active, 12, { segments })
  })

  test('all of them', async () => {
    expect((await files.segments()).length).toBeGreaterThan(3)
    expect((await verify()).fault).toBeNull()
  })

  test('one in the middle is gone: removed', async () => {
    const [, second, third] = await files.segments()
    await unlink(second?.path ?? '')
    expect((await verify()).fault).toMatchObject({ kind: 'removed', file: third?.path, line: 1 })
  })

  test('the first is gone, and nothing says that it was retired: removed', async () => {
    const [first, second] = await files.segments()
    await unlink(first?.path ?? '')
    expect((await verify()).fault).toMatchObject({
      kind: 'removed',
      what: `Records 0 to ${(second?.first ?? 0) - 1} are missing, and no record says that they were retired.`,
    })
  })

  test('two changed places: reordered', async () => {
    const [, second, third] = (await files.segments()).map(({ path }) => path)
    await rename(second ?? '', join(folder, 'x'))
    await rename(third ?? '', second ?? '')
    await rename(join(folder, 'x'), third ?? '')
    expect((await verify()).fault).toMatchObject({ kind: 'reordered', file: second, line: 1 })
  })
})

test('a log that is written meanwhile, with segments that end', async () => {
  files = new LogFiles(join(folder, 'l.jsonl'))
  const { checkpoints } = logOptions('')
  const options = {
    checkpoints: { ...checkpoints, everyRecords: 3 },
    segments: { maxBytes: 4000, keepDays: null },
  }
  const log = await openAuditLog(logOptions(files.active, options), () => {})
  let isOver = false
  const writing = (async () => {
    for (let i = 0; !isOver; i += 1) await log.commit(record(`w${i}`))
  })()
  const sizes: number[] = []
  for (let times = 0; times < 30; times += 1) {
    const { fault, size: seen } = await verify()
    expect(fault).toBeNull()
    sizes.push(seen)
  }
  isOver = true
  await writing
  await log.close()
  expect(sizes.at(-1)).toBeGreaterThan(sizes[0] as number)
})

test('what is worth a look: a relay that was not there, changes without an end', async () => {
  files = new LogFiles(join(folder, 'f.jsonl'))
  const options = logOptions(files.active, {
    checkpoints: { everyRecords: 5, everySeconds: 60, heartbeatSeconds: 60 },
  })
  vi.useFakeTimers({ toFake: ['Date'] })
  const killed = await openAuditLog(options, () => {})
  vi.setSystemTime(Date.now() + 121_000)
  const log = await openAuditLog(options, () => {})
  await log.commit(record('ended', { kind: 'intent' }))
  await log.commit(record('open', { kind: 'intent' }))
  await log.commit(record('ended'))
  await log.close()
  expect((await verify()).findings).toEqual([
    expect.stringMatching(/^Nothing shows that the relay ran from .* to .* \(record 1\)\.$/),
    'Of 1 intents nothing says how they ended: the relay was killed, or they are under way (records 3).',
  ])
  vi.useRealTimers()
  await killed.close()
})
