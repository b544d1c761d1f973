import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { policyConfig } from '#shared/config/policy-config.ts'
import { run } from '../../../../relay/program.ts'
import { auditRecord } from '../../../support/audit-record.ts'

const root = join(import.meta.dirname, '../../../..')
const folder = mkdtempSync(join(tmpdir(), 'policy-'))
afterAll(() => rmSync(folder, { recursive: true }))

const policy = (grants: string, more = '') => `policy:
  contact: Ask us.
  grants:
${grants}${more}audit:
  file: audit.jsonl
`
const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
write('relay.yaml', policy('    - { group: g, role: user, dags: [etl] }\n'))
write('wider.yaml', policy('    - { group: g, role: user, dags: [etl, ml] }\n'))
write('wrong.yaml', policy('    - { group: g, role: boss }\n    - { group: g, rule: user }\n'))
write('role.yaml', policy('    - { group: g, role: boss }\n'))
write('odd.yaml', policy('    - { group: "g*", role: viewer }\n'))
write(
  'connect.yaml',
  policy('    []\n', '  connect:\n    - { group: g, services: [db] }\nservices:\n  db: { type: tcp }\n'),
)
write('unknown-service.yaml', policy('    []\n', '  connect:\n    - { group: g, services: [db] }\n'))
write('no-audit.yaml', 'policy: { contact: Ask us., grants: [] }\n')
write(
  'cases.yaml',
  'version: 1\ncases:\n  - { name: n, as: { groups: [g] }, do: dag.read, dag: etl, expect: allow }\n',
)
write('wrong-cases.yaml', 'version: 1\ncases:\n  - { name: n, as: {}, do: fly, expect: allow }\n')
write('audit.jsonl', `${JSON.stringify(auditRecord({ id: 'known' }))}\n`)
write('empty.jsonl', '')

/** In this process: what is the same in one of its own. */
async function runHere(args: readonly string[]) {
  const output: string[] = []
  const take = (text: unknown) => output.push(String(text)) > 0
  const streams = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation(take),
  )
  try {
    const inFolder = args.map((arg) => (/^[\w-]+\.(yaml|jsonl)$/.test(arg) ? join(folder, arg) : arg))
    const config = inFolder.includes('-c') || args[0] === 'diff' ? [] : ['-c', join(folder, 'relay.yaml')]
    const status = await run(['policy', ...inFolder, ...config])
    return { status, output: output.join('') }
  } finally {
    for (const stream of streams) stream.mockRestore()
  }
}

function spawnPolicy(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'relay/main.ts'), 'policy', ...args],
    { cwd: folder, encoding: 'utf8', env: { ...process.env, ...env } },
  )
  return { status, stdout, stderr }
}

test.each([
  [['check'], 0, /^relay\.yaml: the policy is valid, 1 grant/, ''],
  [['explain', '--groups', 'g', '--do', 'run.trigger', '--dag', 'ml'], 5, /^DENIED/, ''],
  [['test', 'cases.yaml', '-c', 'connect.yaml'], 1, /^FAIL/, /^The policy does not do what its cases say\n/],
  [['creep', '--days', '0'], 2, '', /whole number/],
  [['fly'], 2, '', /unknown command/],
])('a process of its own: policy %j', (args, code, out, err) => {
  const { status, stdout, stderr } = spawnPolicy(args)
  expect(stdout).toMatch(out)
  expect(stderr).toMatch(err)
  expect(status).toBe(code)
})

test.each([
  [['check'], 0, /relay\.yaml: the policy is valid, 1 grant/],
  [['check', '-c', 'odd.yaml'], 0, /odd\.yaml:4 policy\.grants\.0\.group g\* is no pattern/],
  [['check', '-c', 'odd.yaml', '--strict'], 78, /1 warning\(s\), and --strict/],
  [['check', '-c', 'connect.yaml'], 0, /valid/],
  [['check', '-c', 'wrong.yaml'], 78, /wrong\.yaml:5 policy\.grants\.1\.role is missing/],
  [['check', '-c', 'role.yaml'], 78, /role\.yaml:4 policy\.grants\.0\.role there is no role boss/],
  [['check', '-c', 'unknown-service.yaml'], 78, /:6 policy\.connect\.0\.services\.0 there is no service db/],
  [['check', '-c', 'nowhere.yaml'], 78, /cannot be read \(ENOENT\)/],
  [['explain', '--groups', 'g', '--do', 'run.trigger', '--dag', 'etl'], 0, /^ALLOWED/],
  [['explain', '--groups', 'g', '--do', 'run.trigger', '--dag', 'ml'], 5, /^DENIED/],
  [
    ['explain', '--groups', 'g', '--kind', 'agent', '--do', 'dag.read', '--dag', 'etl'],
    0,
    /for an agent for any person of g/,
  ],
  [['explain', '--request', 'GET /api/v9'], 5, /ROUTE_UNKNOWN/],
  [['explain', '--do', 'run.fly'], 2, /no verb run\.fly/],
  [['explain'], 2, /Say what is done/],
  [['explain', '--do', 'dag.read', '--request', 'GET /'], 2, /Say what is done/],
  [['explain', '--request', 'dag.read'], 2, /a method and a path/],
  [['explain', '--do', 'run.trigger', '--conf', '[1]'], 2, /JSON object/],
  [['explain', '--do', 'run.trigger', '--conf', '{'], 2, /JSON object/],
  [['explain', '--do', 'run.trigger', '--at', 'noon'], 2, /no time/],
  [['explain', '--do', 'run.trigger', '--from', 'home'], 2, /no IP address/],
  [['explain', '--do', 'run.trigger', '--auth-age', '-1'], 2, /./],
  [
    ['explain', '--record', 'known'],
    5,
    /Record known of 2026-06-01[\s\S]*allowed by data-eng:user:\*\nNow:\nDENIED/,
  ],
  [['explain', '--record', 'other'], 2, /No record of .* has the id other/],
  [
    ['explain', '--record', 'known', '--audit', 'nowhere.jsonl'],
    2,
    /nowhere\.jsonl cannot be read \(ENOENT\)/,
  ],
  [['explain', '-c', 'no-audit.yaml', '--record', 'known'], 2, /names no audit log/],
  [['test', 'cases.yaml'], 0, /1 of 1 case\(s\) pass, 1 of 1 grant\(s\) and rule\(s\) exercised/],
  [
    ['test', 'cases.yaml', '-c', 'connect.yaml'],
    1,
    /FAIL {2}n {2}.*cases\.yaml:3\n {6}- allow\n {6}\+ deny with FORBIDDEN/,
  ],
  [['test', 'wrong-cases.yaml'], 78, /wrong-cases\.yaml:3 cases\.0\.do There is no verb fly/],
  [['test', 'nowhere.yaml'], 78, /ENOENT/],
  [['test'], 2, /missing required argument/],
  [['diff', 'relay.yaml', 'relay.yaml', '--fail-on-widening'], 0, /Nobody may do more or less/],
  [
    ['diff', 'relay.yaml', 'wider.yaml'],
    0,
    /Widened:\n {2}g: .* on ml\n {2}g \(people, machines\): .*run\.trigger.* on ml\n$/,
  ],
  [['diff', 'wider.yaml', 'relay.yaml', '--fail-on-widening'], 0, /^Narrowed:\n {2}g: /],
  [['diff', 'relay.yaml', 'wider.yaml', '--fail-on-widening'], 1, /Access is widened/],
  [['diff', 'relay.yaml', 'connect.yaml'], 0, /g \(people, machines\): tcp\.connect on db/],
  [['diff', 'relay.yaml', 'wider.yaml', '--audit', 'nowhere.jsonl'], 2, /ENOENT/],
  [['creep', '--days', '0'], 2, /whole number from 1 to 3650/],
  [['creep', '--days', '3651'], 2, /whole number/],
  [['creep', '--until', 'noon'], 2, /no time/],
  [['creep', '--audit', 'empty.jsonl'], 0, /no records, so nothing can be said/],
  [['creep', '--audit', 'nowhere.jsonl'], 2, /ENOENT/],
  [['fly'], 2, /unknown command/],
  [['creep', '--help'], 0, /--days <n>[\s\S]*--json[\s\S]*stream/],
])('policy %j: exit code %i', async (args, code, text) => {
  const { status, output } = await runHere(args)
  expect(output).toMatch(text)
  expect(status).toBe(code)
})

test.each([
  [['check'], { valid: true, grants: 1, warnings: [] }],
  [
    ['explain', '--groups', 'g', '--do', 'run.trigger', '--dag', 'ml'],
    { effect: 'deny', code: 'FORBIDDEN', done: { verb: 'run.trigger' }, needed: { roles: ['user'] } },
  ],
  [['explain', '--record', 'known'], { recorded: { id: 'known' }, now: { done: { verb: 'dag.read' } } }],
  [['test', 'cases.yaml'], { total: 1, failed: 0, cases: [{ name: 'n', passed: true }], unexercised: [] }],
  [['diff', 'relay.yaml', 'relay.yaml'], { widened: [], narrowed: [], incomplete: [] }],
  [['creep', '--until', '2026-06-02T00:00:00Z'], { grants: [{ id: 'g:user:etl', uses: 0, least: null }] }],
])('policy %j --json: one object', async (args, expected) => {
  const { output } = await runHere([...args, '--json'])
  expect(JSON.parse(output.slice(0, output.indexOf('\n')))).toMatchObject(expected)
})

test('what creep proposes is a policy, with the conditions that were there', async () => {
  const conditions = `tags: [pii], until: 2026-12-31, when: { hours: 08:00-18:00, timezone: Europe/Berlin, conf: { keys: [] } }`
  write('conditions.yaml', policy(`    - { group: g, role: user, dags: [etl, ml], ${conditions} }\n`))
  const decision = { effect: 'allow', policies: ['g:user:etl,ml:#pii'], obligations: [], code: null } as const
  write('used.jsonl', `${JSON.stringify(auditRecord({ decision }))}\n`)
  const { output } = await runHere([
    ...['creep', '-c', 'conditions.yaml', '--audit', 'used.jsonl', '--until', '2026-06-02T00:00:00Z'],
  ])
  const read = (text: string) =>
    policyConfig.parse({ contact: 'Ask us.', ...(parse(text) as { policy: object }).policy }).grants
  expect(read(output.slice(output.indexOf('policy:')))).toEqual(
    read(policy(`    - { group: g, role: viewer, dags: [etl_orders], ${conditions} }\n`)),
  )
})

test('names from a log cannot move the cursor of whoever reads it', async () => {
  const principal = { ...auditRecord().principal, name: '\u001b[2Jx\u009b1A', groups: ['g'] }
  write('escape.jsonl', `${JSON.stringify({ ...auditRecord(), id: 'e', principal })}\n`)
  const { output } = await runHere(['explain', '--record', 'e', '--audit', 'escape.jsonl'])
  expect(output).toContain('\ufffd[2Jx\ufffd1A')
})

test('a log of many times the memory that is there is read to its end', () => {
  const lines = Array.from({ length: 1000 }, (_, i) =>
    JSON.stringify(
      auditRecord({ id: String(i), resource: { dag: `dag_${i}`, run: 'r', task: null, name: null } }),
    ),
  )
  const block = `${lines.join('\n')}\n`
  const file = openSync(join(folder, 'long.jsonl'), 'w')
  const blocks = Math.ceil(150_000_000 / block.length)
  for (let i = 0; i < blocks; i += 1) writeSync(file, block)
  closeSync(file)
  write('all.yaml', policy('    - { group: data-eng, role: user }\n'))
  const { status, stdout, stderr } = spawnPolicy(
    ['creep', '-c', 'all.yaml', '--audit', 'long.jsonl', '--until', '2026-06-02T00:00:00Z', '--json'],
    { NODE_OPTIONS: '--max-old-space-size=64' },
  )
  expect(stderr).toBe('')
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ grants: [{ uses: blocks * 1000 }] })
})
