import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { errorTable } from '#shared/errors/table.ts'
import { type Query, search } from '../../../../relay/audit/query.ts'
import { type AuditFolder, makeAuditFolder } from '../../../support/audit-folder.ts'

// A process for each command, of which a machine that is busy starts few in a second.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let folder: AuditFolder
const at = (name: string) => join(folder.path, name)
beforeAll(async () => {
  folder = await makeAuditFolder(30)
})
afterAll(() => folder?.close())

const broken = errorTable.EVIDENCE_INVALID.exit
const usage = errorTable.USAGE.exit

test('verify: all is good, by the key that init wrote', async () => {
  expect(await folder.audit('verify')).toMatch(
    /^Good: \d+ records, 0 to \d+, and \d+ checkpoints\.\nThe last checkpoint/,
  )
  const vkey = (await folder.audit('key')).trim()
  expect(vkey).toBe((await readFile(at('audit.pub'), 'utf8')).trim())
  expect(JSON.parse(await folder.audit('verify', '--key', vkey, '--json'))).toMatchObject({
    fault: null,
    first: 0,
  })
})

test('verify: names the line that was changed, and fails', async () => {
  const segment = 'audit.0000000000000000.jsonl'
  const text = await readFile(at(segment), 'utf8')
  try {
    await writeFile(at(segment), text.replace('"status":200', '"status":201'))
    const { code, said } = await folder.failure('verify')
    expect(code).toBe(broken)
    expect(said).toContain(`changed: ${segment}:2: This record is not the one that the next one follows.`)
  } finally {
    await writeFile(at(segment), text)
  }
})

test('a checkpoint that was kept elsewhere is held against the log', async () => {
  await writeFile(at('kept.checkpoint'), await folder.audit('checkpoint'))
  expect(await folder.audit('verify', '--checkpoint', 'kept.checkpoint')).toMatch(/^Good/)
  await appendFile(at('kept.checkpoint'), 'x')
  expect(await folder.failure('verify', '--checkpoint', 'kept.checkpoint')).toMatchObject({ code: broken })
})

describe('search', () => {
  test.each<[Query, string[]]>([
    [{ requestId: 'r7' }, ['r7']],
    [{ person: 'BOB', until: '2026-01-05' }, ['r1', 'r4']],
    [{ person: '1@*', until: '2026-01-05' }, ['r1', 'r4']],
    [{ person: 'ana@example.com', since: '2026-01-30' }, ['r30']],
    [{ since: '2026-01-29', until: '2026-01-30' }, ['r29']],
    [{ dag: 'etl_*', run: 'manual__1', verb: 'run.*', effect: 'allow', since: '2026-01-30' }, ['r30']],
    [{ dag: 'etl' }, []],
    [{ effect: 'deny' }, []],
    [{ verb: 'run.trigge' }, []],
  ])('%j', async (query, ids) => {
    const found: string[] = []
    for await (const { record } of search(at('audit.jsonl'), query)) found.push(record.id)
    expect(found.filter((id) => /^r\d/.test(id))).toEqual(ids)
  })

  test('in words', async () => {
    expect(await folder.audit('search', '--request-id', 'r1')).toBe(
      '1 2026-01-01T00:00:00.000Z request Bob run.trigger etl_orders/manual__1 allow 200 - r1\n',
    )
  })

  test('a time that is none', async () => {
    expect(await folder.failure('search', '--since', 'yesterday')).toMatchObject({ code: usage })
  })
})

describe('export', () => {
  test('JSON lines are those of the log; the manifest says what was asked, and is signed', async () => {
    const out = ['--out', 'ana.jsonl']
    expect(await folder.audit('export', '--person', 'Ana', ...out)).toContain('10 rows')
    expect(await readFile(at('ana.jsonl'), 'utf8')).toBe(
      await folder.audit('search', '--person', 'Ana', '--json'),
    )
    expect(await folder.audit('verify', '--export', 'ana.jsonl')).toMatch(
      /^Good: .* 10 rows, asked for {"person":"Ana"}/,
    )
    const [manifest = ''] = (await readFile(at('ana.jsonl.manifest'), 'utf8')).split('\n\n—')
    expect(JSON.parse(manifest)).toMatchObject({
      rows: 10,
      generations: ['0123456789abcdef'],
      checkpoint: expect.stringContaining('127.0.0.1:8443/audit'),
    })
    expect(await folder.failure('export', ...out)).toMatchObject({ code: usage })
  })

  test('a file or a manifest that was changed does not verify', async () => {
    await folder.audit('export', '--out', 'all.jsonl')
    const manifest = await readFile(at('all.jsonl.manifest'), 'utf8')
    await writeFile(at('all.jsonl.manifest'), manifest.replace(/"rows": \d+/, '"rows": 1'))
    expect(await folder.failure('verify', '--export', 'all.jsonl')).toMatchObject({ code: broken })
    await writeFile(at('all.jsonl.manifest'), manifest)
    await appendFile(at('all.jsonl'), '\n')
    const { code, said } = await folder.failure('verify', '--export', 'all.jsonl')
    expect([code, said]).toEqual([
      broken,
      expect.stringContaining('all.jsonl is not the file that was exported.'),
    ])
  })

  test('CSV that no spreadsheet takes for a formula', async () => {
    await folder.audit(
      'export',
      '--format',
      'csv',
      '--person',
      '2@example.com',
      '--until',
      '2026-01-03',
      '--out',
      'x.csv',
    )
    const [header = '', row = '', end] = (await readFile(at('x.csv'), 'utf8')).split('\r\n')
    expect(header).toMatch(/^seq,time,kind,id,person,email,/)
    expect(row).toMatch(/^2,2026-01-02T00:00:00\.000Z,request,r2,"'=cmd\|""\/c calc""!A1",2@example\.com,/)
    expect(end).toBe('')
  })
})

describe('prove', () => {
  test.each(['r9', '9', '0'])('record %s', async (which) => {
    await writeFile(at('r.tlog-proof'), await folder.audit('prove', '--record', which))
    const said = await folder.audit('verify', '--proof', 'r.tlog-proof')
    expect(said).toMatch(/^Good: record \d+ is in the log of \d+ records\.\n\{"seq":/)
  })

  test('a record that was changed is not proven', async () => {
    const [, proof = ''] = [
      await folder.audit('prove', '--record', 'r8'),
      await folder.audit('prove', '--record', 'r9'),
    ]
    await writeFile(at('r.tlog-proof'), proof.replace('index 9\n', 'index 8\n'))
    expect(await folder.failure('verify', '--proof', 'r.tlog-proof')).toMatchObject({ code: broken })
  })

  test('that the log continues an older one', async () => {
    const line = (await readFile(at('audit.checkpoints'), 'utf8')).split('\n')[0] ?? ''
    const { checkpoint } = JSON.parse(line)
    const size = checkpoint.split('\n')[1]
    await writeFile(at('old.checkpoint'), checkpoint)
    await writeFile(at('c.proof'), await folder.audit('prove', '--consistency', size))
    expect(await folder.audit('verify', '--proof', 'c.proof', '--checkpoint', 'old.checkpoint')).toMatch(
      /^Good: the log/,
    )
    expect(await folder.failure('verify', '--proof', 'c.proof')).toMatchObject({ code: usage })
    await writeFile(at('old.checkpoint'), await folder.audit('checkpoint'))
    expect(
      await folder.failure('verify', '--proof', 'c.proof', '--checkpoint', 'old.checkpoint'),
    ).toMatchObject({
      code: broken,
    })
  })

  test.each<[string, string[]]>([
    ['nothing', []],
    ['both', ['--record', '1', '--consistency', '2']],
    ['a record that is not there', ['--record', 'nope']],
    ['a size that was not yet', ['--consistency', '1000']],
    ['a size that is none', ['--consistency', 'x']],
  ])('%s', async (_what, args) => {
    expect(await folder.failure('prove', ...args)).toMatchObject({ code: usage })
  })
})

test.each<[string, string[]]>([
  ['a log that is not there', ['verify', 'nope.jsonl']],
  ['a key that is not there', ['verify', '--key', 'nope.pub']],
  ['an option that is not there', ['verify', '--nope']],
])('%s', async (_what, args) => {
  expect(await folder.failure(...args)).toMatchObject({ code: usage })
})
