import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import {
  appendFile,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { run } from '../../../../build/setup/run.ts'
import { type AuditLog, type AuditLogOptions, openAuditLog } from '../../../../relay/audit/audit-log.ts'
import { FileLock } from '../../../../relay/audit/file-lock.ts'
import { LogFiles } from '../../../../relay/audit/log-files.ts'
import { parseVkey } from '../../../../relay/audit/note.ts'
import { type Report, verifyLog } from '../../../../relay/audit/verify.ts'
import { key, logOptions, record, vkey } from '../../../support/audit-log.ts'
import { eventually } from '../../../support/eventually.ts'

let folder: string
let file: string
let errors: Error[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-'))
  file = join(folder, 'a.jsonl')
  errors = []
})
afterEach(async () => {
  vi.useRealTimers()
  await rm(folder, { recursive: true })
})

const open = (more: Partial<AuditLogOptions> = {}): Promise<AuditLog> =>
  openAuditLog(logOptions(file, more), (error) => errors.push(error))
const verify = (): Promise<Report> => verifyLog(file, parseVkey(vkey))
const linesOf = async (path: string) => (await readFile(path, 'utf8')).split('\n').slice(0, -1)

/** What is in a file: ids, and verbs where the log speaks of itself. */
const namesIn = async (path: string) =>
  (await linesOf(path))
    .map((line) => JSON.parse(line))
    .map(({ kind, verb, id }) => (kind === 'log' ? verb : id))

async function written(...ids: readonly string[]): Promise<void> {
  const log = await open()
  for (const id of ids) log.append(record(id))
  await log.close()
}

test('every record is a line, in order, for its owner alone', async () => {
  const wanted = Array.from({ length: 5000 }, (_, i) => String(i))
  await written(...wanted)
  expect(await namesIn(file)).toEqual(['log.open', ...wanted, 'log.close'])
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await verify()).toMatchObject({
    fault: null,
    size: 5002,
    signedSize: 5002,
    checkpoints: 1,
    findings: [],
  })
})

test('what is committed is on the disk; what reads is there within moments', async () => {
  const log = await open()
  log.append(record('read'))
  await log.commit(record('change'))
  expect(await namesIn(file)).toEqual(['log.open', 'read', 'change'])
  await log.close()
})

test('one who listens is told what is on the disk', async () => {
  const log = await open()
  const told: string[] = []
  const stop = log.observe(({ id }) => told.push(id))
  await Promise.all(['1', '2', '3'].map((id) => log.commit(record(id))))
  stop()
  await log.commit(record('4'))
  expect(told).toEqual(['1', '2', '3'])
  log.observe(() => {
    throw new Error('of a listener')
  })
  await log.commit(record('5'))
  expect([log.writable, errors[0]?.message]).toEqual([true, 'of a listener'])
  await log.close()
  expect(await namesIn(file)).toEqual(['log.open', '1', '2', '3', '4', '5', 'log.close'])
})

test('a log goes on where it ended', async () => {
  await written('1')
  await written('2')
  expect(await namesIn(file)).toEqual(['log.open', '1', 'log.close', 'log.open', '2', 'log.close'])
  expect(await verify()).toMatchObject({ fault: null, size: 6, checkpoints: 2 })
})

test.each(['{"seq":9,"prev"', '\0\0\0\0', '\0\0\n\0\n'])(
  'a crash that left %j is mended, and said',
  async (rest) => {
    await written('1')
    await appendFile(file, rest)
    await written('2')
    expect(await namesIn(file)).toEqual([
      'log.open',
      '1',
      'log.close',
      'log.recover',
      'log.open',
      '2',
      'log.close',
    ])
    expect(await readFile(join(folder, 'a.0000000000000003.torn'), 'utf8')).toBe(rest)
    expect(await verify()).toMatchObject({
      fault: null,
      findings: [
        `A crash cut a line short; its ${rest.length} bytes are in a.0000000000000003.torn (record 3).`,
      ],
    })
  },
)

test('a checkpoint that a crash cut short is written anew', async () => {
  await written('1')
  await appendFile(new LogFiles(file).checkpoints, '{"time":')
  await written('2')
  expect(await verify()).toMatchObject({ fault: null, checkpoints: 2 })
})

describe('a log is not gone on with', () => {
  const refused = expect.objectContaining({ code: 'EVIDENCE_INVALID' })

  test('when its end was taken away', async () => {
    await written('1', '2')
    await truncate(file, (await stat(file)).size - 10)
    await expect(open()).rejects.toEqual(refused)
  })

  test('when a record was changed that no checkpoint covers', async () => {
    const log = await open()
    await log.commit(record('1'))
    await log.commit(record('2'))
    await writeFile(file, (await readFile(file, 'utf8')).replace('"id":"1"', '"id":"x"'))
    await expect(open()).rejects.toEqual(refused)
    await log.close()
  })

  test('under another key', async () => {
    await written('1')
    await expect(open({ key: generateKeyPairSync('ed25519').privateKey })).rejects.toEqual(refused)
  })

  test('under another name', async () => {
    await written('1')
    await expect(open({ origin: 'else/audit' })).rejects.toEqual(refused)
  })
})

test('a path that cannot be opened is a mistake of the configuration', async () => {
  file = join(folder, 'no/such/a.jsonl')
  await expect(open()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})

describe('checkpoints', () => {
  const kept = async () => linesOf(new LogFiles(file).checkpoints)
  const every = (more: Partial<AuditLogOptions['checkpoints']>) => ({
    checkpoints: { ...logOptions(file).checkpoints, ...more },
  })

  test('after so many records', async () => {
    const log = await open(every({ everyRecords: 3 }))
    for (const id of ['1', '2', '3', '4', '5']) await log.commit(record(id))
    await log.close()
    expect((await kept()).map((line) => JSON.parse(line).checkpoint.split('\n')[1])).toEqual(['3', '6', '7'])
    expect(await verify()).toMatchObject({ fault: null, checkpoints: 3 })
  })

  test('after so long, and only where there is something new; each heartbeat is a record', async () => {
    const log = await open(every({ everySeconds: 1, heartbeatSeconds: 2 }))
    await new Promise<void>((resolve) => {
      log.observe(({ verb }) => verb === 'log.heartbeat' && resolve())
    })
    await eventually('it is signed', async () => (await kept()).length === 2)
    await log.close()
    const [heartbeat] = (await linesOf(file))
      .map((line) => JSON.parse(line))
      .filter(({ verb }) => verb === 'log.heartbeat')
    expect(heartbeat).toMatchObject({ checkpoint: { size: 1 }, detail: { everySeconds: 2 } })
  })
})

describe('segments', () => {
  const closed = async () => (await readdir(folder)).filter((name) => /\d\.jsonl$/.test(name)).sort()

  test('end on demand', async () => {
    const log = await open()
    await log.commit(record('1'))
    await log.rotate()
    await log.commit(record('2'))
    await log.close()
    expect(await closed()).toEqual(['a.0000000000000000.jsonl'])
    expect(await namesIn(join(folder, 'a.0000000000000000.jsonl'))).toEqual(['log.open', '1'])
    expect(await namesIn(file)).toEqual(['log.rotate', '2', 'log.close'])
    expect(await verify()).toMatchObject({ fault: null, size: 5, checkpoints: 2 })
  })

  test('end at their size', async () => {
    const log = await open({ segments: { maxBytes: 2000, keepDays: null } })
    for (let i = 0; i < 8; i += 1) await log.commit(record(String(i)))
    await log.close()
    expect((await closed()).length).toBeGreaterThan(2)
    expect(await verify()).toMatchObject({ fault: null })
  })

  test('a crash between the end of one and the beginning of the next does no harm', async () => {
    await written('1')
    await rename(file, new LogFiles(file).segment(0))
    await written('2')
    expect(await namesIn(file)).toEqual(['log.open', '2', 'log.close'])
    expect(await verify()).toMatchObject({ fault: null, size: 6 })
  })

  test('end after a day where they are to be deleted some day', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const log = await open({ segments: { maxBytes: 1_000_000, keepDays: 2 } })
    const now = Date.now()
    vi.setSystemTime(now + 86_400_000)
    await log.commit(record('1'))
    expect(await closed()).toEqual([])
    vi.setSystemTime(now + 86_400_002)
    await log.commit(record('2'))
    await log.flush()
    expect(await closed()).toEqual(['a.0000000000000000.jsonl'])
    await log.close()
  })

  test('are deleted when they are older than is to be kept, and the rest still verifies', async () => {
    const segments = { maxBytes: 1_000_000, keepDays: 2 }
    const day = 86_400_000
    vi.useFakeTimers({ toFake: ['Date'] })
    const log = await open({ segments })
    const now = Date.now()
    for (const days of [0, 0.9, 1.8, 2.7, 2.95]) {
      vi.setSystemTime(now + days * day)
      await log.commit(record(`after ${days}`))
      await log.rotate()
    }
    await log.close()
    // Gone are those that ended on days 0 and 0.9.
    expect(await closed()).toEqual([4, 6, 8].map((first) => `a.000000000000000${first}.jsonl`))
    expect(await verify()).toMatchObject({ fault: null, first: 4 })
    await written('later')
    expect(await verify()).toMatchObject({ fault: null, first: 4 })
  })
})

describe('while the log cannot be written', () => {
  const unavailable = expect.objectContaining({ code: 'AUDIT_UNAVAILABLE' })

  test('that is said, loses nothing, and is over when its file is back', async () => {
    const log = await open()
    await rename(file, `${file}.away`)
    await expect(log.commit(record('1'))).rejects.toEqual(unavailable)
    expect([log.writable, errors.length]).toEqual([false, 1])
    await expect(log.commit(record('refused at once'))).rejects.toEqual(unavailable)
    log.append(record('2'))
    await rename(`${file}.away`, file)
    await log.flush()
    expect(log.writable).toBe(true)
    await log.close()
    // Of the first one it is not known that nothing came of it, so it stays.
    expect(await namesIn(file)).toEqual(['log.open', '1', '2', 'log.close'])
    expect(await verify()).toMatchObject({ fault: null })
  })

  test('so many records wait, and how many found no room is written down', async () => {
    const log = await open()
    await rename(file, `${file}.away`)
    await expect(log.flush()).resolves.toBeUndefined()
    await expect(log.commit(record('0'))).rejects.toEqual(unavailable)
    for (let i = 1; i < 100_000; i += 1) log.append(record('x'))
    expect(errors).toHaveLength(1)
    log.append(record('lost'))
    expect(errors).toHaveLength(2)
    await rename(`${file}.away`, file)
    await log.flush()
    await log.close()
    const names = await namesIn(file)
    expect([names.length, names.includes('lost'), names.at(-2)]).toEqual([100_003, false, 'log.lose'])
  })

  test('a disk that does not answer counts as gone until it does', async () => {
    const log = await open()
    const other = new FileLock(new LogFiles(file).lock)
    let release = () => {}
    const held = other.hold(
      () =>
        new Promise<void>((resolve) => {
          release = resolve
        }),
    )
    await expect(log.commit(record('1'))).rejects.toEqual(unavailable)
    expect(log.writable).toBe(false)
    release()
    await held
    other.close()
    await log.flush()
    expect(log.writable).toBe(true)
    await log.close()
    expect(await namesIn(file)).toEqual(['log.open', '1', 'log.close'])
  })

  test.runIf(process.platform === 'linux')('a disk that is full takes nothing by halves', async () => {
    await writeFile(join(folder, 'audit.pem'), key.export({ type: 'pkcs8', format: 'pem' }))
    const program = join(import.meta.dirname, '../../../support/audit-full.ts')
    // A file may have 32 KiB; more may be allowed later.
    const shell = 'ulimit -S -f 64; exec "$0" "$@"'
    const child = spawn('sh', ['-c', shell, process.execPath, program, file, join(folder, 'audit.pem')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const said = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    expect((await said.next()).value).toBe('AUDIT_UNAVAILABLE false')
    expect(await verify()).toMatchObject({ fault: null })
    await run('prlimit', ['--pid', String(child.pid), '--fsize=unlimited'])
    expect((await said.next()).value).toBe('true')
    await once(child, 'exit')
    const names = await namesIn(file)
    expect(names.at(-1)).toBe('log.close')
    expect(new Set(names).size).toBe(names.length)
    expect(await verify()).toMatchObject({ fault: null })
  })
})

test('names that match are not written down', async () => {
  const log = await open({ redact: ['*secret*', 'prod_*'] })
  const resource = { dag: 'etl', run: null, task: null, name: 'PROD_token' }
  const touched = [{ verb: 'variable.delete', ...resource }]
  await log.commit(record('1', { path: '/api/v2/variables/my%5FSecret/x', resource, touched }))
  await log.close()
  expect(JSON.parse((await linesOf(file))[1] ?? '')).toMatchObject({
    path: '/api/v2/variables/[redacted]/x',
    resource: { dag: 'etl', name: '[redacted]' },
    touched: [{ verb: 'variable.delete', dag: 'etl', name: '[redacted]' }],
  })
})
