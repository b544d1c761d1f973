import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from '../../../support/eventually.ts'
import { policyOf, type ReloadSite, startReloadSite } from '../../../support/reload-site.ts'

const logLines: string[] = []
const log = pino({ level: 'info' }, { write: (line) => void logLines.push(line) })

let site: ReloadSite

beforeEach(async () => {
  site = await startReloadSite(log)
})
afterEach(() => site.close())

test('a narrower policy is at work at once, in sessions that were there before, and the record says what changed', async () => {
  expect((await site.trigger()).status).toBe(200)
  const before = site.relay.status().generation.id
  const result = await site.relay.reloadWith({ policy: policyOf('viewer') })
  expect((await site.trigger()).status).toBe(403)
  expect((await fetch(`${site.local}/api/v2/dags`)).status).toBe(200)
  expect(result).toMatchObject({ before, swapped: true, widens: [], warnings: [] })
  expect(result.narrows.join()).toMatch(/data-eng: .*run\.trigger/)
  expect(await site.reloadRecords()).toMatchObject([
    {
      verb: 'relay.reload',
      source: { via: 'command' },
      decision: { effect: 'allow' },
      generation: result.after,
      error: null,
      reload: { before, after: result.after, user: 'test', allowWidening: false, narrows: result.narrows },
    },
  ])
  const decided = (await site.relay.records()).filter(({ verb }) => verb === 'run.trigger')
  expect(decided.map(({ generation, status }) => [generation, status])).toEqual([
    [before, 200],
    [result.after, 403],
  ])
  expect(site.relay.status()).toMatchObject({
    generation: { id: result.after },
    sessions: 1,
    lastReload: { by: { via: 'command', user: 'test' }, error: null },
  })
})

test.each([
  ['a role', () => ({ policy: policyOf('op') }), /data-eng: .*task/],
  [
    'a tcp service',
    () => ({
      policy: { ...policyOf('user'), connect: [{ group: 'other', services: ['echo'] }] },
    }),
    /^other \(people, machines\): tcp\.connect on echo$/,
  ],
  [
    'another server',
    () => ({
      services: {
        ...site.services,
        echo: { ...site.services.echo, address: new URL(site.upstream.url).host },
      },
    }),
    /services\.echo becomes 127/,
  ],
  [
    'lists that Airflow narrows',
    () => ({
      services: { ...site.services, airflow: { ...site.services.airflow, listNarrowing: 'airflow' } },
    }),
    /services\.airflow\.listNarrowing/,
  ],
  ['a signal', () => ({ reload: { allowWidening: true } }), /reload\.allowWidening/],
  [
    'another audience',
    () => ({
      identity: { oidc: { issuer: site.provider.issuer, clientId: 'jetway', audience: 'urn:other' } },
    }),
    /identity\.oidc\.audience/,
  ],
])('to widen by %s has to be said', async (_what, changes, words) => {
  const before = site.relay.status().generation.id
  await expect(site.relay.reloadWith(changes())).rejects.toMatchObject({ code: 'WIDENING_REFUSED' })
  expect(site.relay.status()).toMatchObject({
    generation: { id: before },
    lastReload: { error: { code: 'WIDENING_REFUSED' } },
  })
  const [refused] = await site.reloadRecords()
  expect(refused).toMatchObject({
    decision: { effect: 'deny', code: 'WIDENING_REFUSED' },
    generation: before,
    reload: { before },
  })
  expect(refused?.reload.widens.join()).toMatch(words)
  expect(await site.relay.reloadWith(changes(), { allowWidening: true })).toMatchObject({ swapped: true })
})

test('what widens access is on the disk before it is done', async () => {
  const entries: { id: string; kind: string; generationAtWork: string }[] = []
  const stop = site.relay.auditLog.observe(({ id, kind }) => {
    if (kind !== 'session') entries.push({ id, kind, generationAtWork: site.relay.status().generation.id })
  })
  const { before, after } = await site.relay.reloadWith({ policy: policyOf('op') }, { allowWidening: true })
  await site.relay.auditLog.flush()
  stop()
  const [intent, reload] = entries
  expect(entries).toEqual([
    { id: intent?.id, kind: 'intent', generationAtWork: before },
    { id: reload?.id, kind: 'reload', generationAtWork: after },
  ])
  expect(intent?.id).toBe(reload?.id)
})

test('a signal widens where the configuration at work says so, and not where only the next one does', async () => {
  const widened = { policy: policyOf('op'), reload: { allowWidening: true } }
  await expect(site.relay.reloadWith(widened, { allowWidening: null })).rejects.toMatchObject({
    code: 'WIDENING_REFUSED',
  })
  await site.relay.reloadWith({ reload: { allowWidening: true } }, { allowWidening: true })
  expect(await site.relay.reloadWith(widened, { allowWidening: null })).toMatchObject({ swapped: true })
})

test('a dry run says what would be, swaps nothing and leaves nothing', async () => {
  const before = site.relay.status().generation.id
  const result = await site.relay.reloadWith({ policy: policyOf('op') }, { dryRun: true })
  expect(result).toMatchObject({ before, swapped: false })
  expect(result.widens).not.toEqual([])
  expect(site.relay.status()).toMatchObject({ generation: { id: before }, retired: [], lastReload: null })
  expect(await site.reloadRecords()).toEqual([])
})

test.each([
  ['that is not valid', () => ({ policy: {} }), 'CONFIG_INVALID', 'policy'],
  [
    'with another port',
    () => ({ listen: { host: '127.0.0.1', port: 1, plain: true } }),
    'RESTART_NEEDED',
    'listen.port',
  ],
  [
    'with another audit log',
    () => ({ audit: { file: 'other.jsonl', keyFile: 'audit.pem', origin: 'relay.test/audit' } }),
    'RESTART_NEEDED',
    'audit.file',
  ],
  ['with metrics', () => ({ metrics: { port: 9464 } }), 'RESTART_NEEDED', 'metrics'],
  [
    'with telemetry',
    () => ({ telemetry: { otlpEndpoint: 'http://127.0.0.1:4318' } }),
    'RESTART_NEEDED',
    'telemetry',
  ],
  [
    'with another deadline for heads',
    () => ({ limits: { requests: { headSeconds: 5 } } }),
    'RESTART_NEEDED',
    'limits.requests.headSeconds',
  ],
  ['with another control socket', () => ({ control: { socket: null } }), 'RESTART_NEEDED', 'control.socket'],
  [
    'with other heads',
    () => ({ limits: { maxHeaderBytes: 4096 } }),
    'RESTART_NEEDED',
    'limits.maxHeaderBytes',
  ],
])('a configuration %s is refused by name, and the relay goes on', async (_what, changes, code, name) => {
  const before = site.relay.status().generation.id
  await expect(site.relay.reloadWith(changes(), { allowWidening: true })).rejects.toMatchObject({
    code,
    message: expect.stringContaining(name),
  })
  expect(site.relay.status().generation.id).toBe(before)
  expect((await site.trigger()).status).toBe(200)
  expect(await site.reloadRecords()).toMatchObject([
    { decision: { effect: 'deny', code }, generation: before },
  ])
})

test('widening waits until it can be recorded; narrowing does not', async () => {
  Object.defineProperty(site.relay.auditLog, 'writable', { value: false, configurable: true })
  try {
    await expect(
      site.relay.reloadWith({ policy: policyOf('op') }, { allowWidening: true }),
    ).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' })
    expect(await site.relay.reloadWith({ policy: policyOf('viewer') })).toMatchObject({ swapped: true })
  } finally {
    Reflect.deleteProperty(site.relay.auditLog, 'writable')
  }
})

test('every line of a request’s log names its generation, and the level is that of the generation at work', async () => {
  logLines.length = 0
  const { before, after } = await site.relay.reloadWith({ policy: policyOf('viewer') })
  expect((await site.trigger()).status).toBe(403)
  const lines = () => logLines.map((line) => JSON.parse(line))
  expect(lines().find(({ msg }) => msg === 'reloaded')).toMatchObject({ before, after })
  const request = await eventually('the request', async () => lines().find(({ msg }) => msg === 'request'))
  expect(request).toMatchObject({ generation: after, status: 403 })
  await site.relay.reloadWith({ log: { level: 'fatal' } }, { allowWidening: true })
  expect(log.level).toBe('fatal')
  await site.relay.reloadWith({})
  expect(log.level).toBe('info')
})

test('several at once come one after the other', async () => {
  const { id } = site.relay.status().generation
  const narrower = { policy: policyOf('viewer') }
  const results = await Promise.all([1, 2, 3].map(() => site.relay.reloadWith(narrower)))
  expect(results.filter(({ before }) => before === id)).toHaveLength(1)
  expect(new Set(results.map(({ after }) => after)).size).toBe(1)
})
