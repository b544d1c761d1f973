import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeAuditKey } from '../../../../relay/audit/audit-key.ts'
import { loadConfig } from '../../../../relay/config/load.ts'
import { makeAirflowKeys } from '../../../../relay/upstream/airflow-keys.ts'

const tls = join(import.meta.dirname, '../../../fixtures/tls')
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-'))
  await cp(tls, folder, { recursive: true })
  for (const key of ['localhost.key', 'other.key']) await chmod(join(folder, key), 0o600)
  for (const { name, content, mode } of [...makeAirflowKeys(), ...makeAuditKey('x/audit')])
    await writeFile(join(folder, name), content, { mode })
  await writeFile(join(folder, 'open.pem'), makeAirflowKeys()[0]?.content ?? '', { mode: 0o644 })
})
beforeAll(async () => {
  await writeFile(join(folder, 'good.cedar'), goodCedar)
  await writeFile(join(folder, 'bad.cedar'), '@id("x")\n  permit (principal, action resource);')
})
afterAll(() => rm(folder, { recursive: true }))

const goodCedar = '@id("x") permit (principal, action, resource);'

const withTcp = (address: string, more = '') =>
  good.replace(
    'policy:',
    `  db:\n    type: tcp\n    address: ${address}\n    localPort: 5432${more}\npolicy:`,
  )

const awsWith = (more: string) => `audience: jetway-relay
  aws:
    regions: [eu-central-1]
    principals: [{ account: "123456789012", role: ci, groups: [g] }]
${more}`

const good = `version: 1
publicUrl: https://airflow.example.com
listen:
  host: 0.0.0.0
  port: 8443
  tls:
    cert: localhost.crt
    key: localhost.key
identity:
  oidc:
    issuer: https://id.example.com
    clientId: jetway
    audience: jetway-relay
services:
  airflow:
    type: airflow
    url: http://airflow.internal:8080
    identity:
      keyFile: relay.pem
policy:
  contact: Ask us.
  grants:
    - { group: g, role: viewer }
audit:
  file: audit.jsonl
  keyFile: audit.pem
`

async function load(text: string) {
  const path = join(folder, 'relay.yaml')
  await writeFile(path, text)
  return loadConfig(path)
}

/** The lines of the error, without the file's path. */
async function mistakes(text: string): Promise<string[]> {
  const error = await load(text).catch((e) => e)
  expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
  return (error.params.reason as string).split('\n').map((line) => line.replace(/^.*relay\.yaml:?/, ''))
}

test('a good configuration, with its defaults and files', async () => {
  const config = await load(good)
  expect(config).toMatchObject({ name: 'airflow', direct: null, limits: { maxStreamsPerSession: 256 } })
  expect(config.audit).toMatchObject({
    file: join(folder, 'audit.jsonl'),
    origin: 'airflow.example.com/audit',
    key: { type: 'private' },
    checkpoints: { everyRecords: 10_000, everySeconds: 60, heartbeatSeconds: 300 },
    segments: { keepDays: null },
  })
  expect(config.listen.tls?.cert).toContain('BEGIN CERTIFICATE')
  expect(config.services.airflow).toMatchObject({ identity: { key: { asymmetricKeyType: 'ed25519' } } })
  expect(config.generation).toMatch(/^[0-9a-f]{16}$/)
  expect(Object.isFrozen(config)).toBe(true)
})

test.each([
  ['db.internal:5432', { host: 'db.internal', port: 5432 }],
  ['my_db:1', { host: 'my_db', port: 1 }],
  ['10.0.0.7:65535', { host: '10.0.0.7', port: 65_535 }],
  ['"[fd00::5]:5432"', { host: 'fd00::5', port: 5432 }],
  ['"[::ffff:10.0.0.7]:22"', { host: '::ffff:10.0.0.7', port: 22 }],
])('a tcp service at %s, with its defaults', async (address, parsed) => {
  const { services, policy } = await load(withTcp(address))
  expect(services.db).toEqual({
    type: 'tcp',
    address: parsed,
    localPort: 5432,
    connectTimeoutSeconds: 5,
    connections: 64,
  })
  expect(policy.connect).toEqual([])
})

test.each([
  'db.internal',
  '"db.internal:"',
  ':5432',
  'db.internal:0',
  'db.internal:65536',
  'db.internal:5432/x',
  'tcp://db.internal:5432',
  'user@db.internal:5432',
  'db internal:5432',
  '999.1.1.1:5432',
  '"fd00::5:5432"',
  '"[fd00::5]"',
  '"[fd00::g]:5432"',
  '"[1.2.3.4]:5432"',
])('%s is no address', async (address) => {
  const what = '22 services.db.address is not valid: host:port, an IPv6 address in brackets'
  expect(await mistakes(withTcp(address))).toEqual([expect.stringContaining(what)])
})

describe('every mistake about a tcp service with its line and path', () => {
  const connect = (grant: string) =>
    withTcp('db:5432').replace('  grants:', `  connect: [${grant}]\n  grants:`)

  test.each<[string, string, string]>([
    [
      'no address',
      withTcp('db:5432').replace('    address: db:5432\n', ''),
      '20 services.db.address is missing',
    ],
    [
      'no port',
      withTcp('db:5432').replace('    localPort: 5432\n', ''),
      '20 services.db.localPort is missing',
    ],
    ['another’s key', withTcp('db:5432', '\n    url: http://db'), '24 services.db.url is not a key'],
    [
      'no time',
      withTcp('db:5432', '\n    connectTimeoutSeconds: 0'),
      '24 services.db.connectTimeoutSeconds is',
    ],
    ['no room', withTcp('db:5432', '\n    connections: 0'), '24 services.db.connections is not valid'],
    [
      'direct',
      `${withTcp('db:5432')}direct: db\n`,
      '31 direct db is a tcp service, which HTTP does not reach',
    ],
    ['nobody', connect('{ services: [db] }'), '26 policy.connect.0.group is missing'],
    ['nothing', connect('{ group: g, services: [] }'), '26 policy.connect.0.services is not valid'],
    [
      'an unknown service',
      connect('{ group: g, services: [db, nope] }'),
      '26 policy.connect.0.services.1 there is no service nope',
    ],
    [
      'a service of another type',
      connect('{ group: g, services: [airflow] }'),
      '26 policy.connect.0.services.0 airflow is a service of type airflow, not tcp',
    ],
    ['a role', connect('{ group: g, services: [db], role: op }'), '26 policy.connect.0.role is not a key'],
  ])('%s', async (_what, text, line) => {
    expect(await mistakes(text)).toEqual([expect.stringContaining(line)])
  })
})

describe('every mistake with its line and path', () => {
  test.each<[string, string, string]>([
    ['version: 1', 'version: 2', '1 version is not valid'],
    ['version: 1\n', '', '1 version is missing'],
    ['version: 1', 'version: 1\nverison: 1', '2 verison is not a key'],
    ['version: 1', 'version: 1\nversion: 1', '2 '],
    ['publicUrl: https://airflow.example.com\n', '', '1 publicUrl is missing'],
    ['https://airflow.example.com', 'airflow.example.com', '2 publicUrl is not valid'],
    ['https://airflow.example.com', 'https://airflow.example.com/x', '2 publicUrl is not valid'],
    ['https://airflow.example.com', 'http://airflow.example.com', '2 publicUrl has to be https'],
    ['https://airflow.example.com', 'https://u:p@airflow.example.com', '2 publicUrl is not valid'],
    ['port: 8443', 'port: 0', '5 listen.port is not valid'],
    ['port: 8443', 'port: 70000', '5 listen.port is not valid'],
    ['port: 8443', 'port: "8443"', '5 listen.port is not valid'],
    ['  tls:\n    cert: localhost.crt\n    key: localhost.key\n', '', '3 listen tls is missing'],
    [
      '  tls:\n    cert: localhost.crt\n    key: localhost.key\n',
      '  plain: true\n',
      '6 listen.plain is for a loopback host only',
    ],
    ['port: 8443', 'port: 8443\n  plain: true', '6 listen.plain contradicts tls'],
    ['cert: localhost.crt', 'cert: nowhere.crt', '7 listen.tls.cert nowhere.crt cannot be read (ENOENT)'],
    ['cert: localhost.crt', 'cert: jwks.json', '7 listen.tls.cert jwks.json holds no certificate'],
    ['cert: localhost.crt', 'cert: expired.crt', '7 listen.tls.cert has expired'],
    ['key: localhost.key', 'key: other.key', '8 listen.tls.key is not the key of the certificate'],
    [
      'issuer: https://id.example.com',
      'issuer: http://id.example.com',
      '11 identity.oidc.issuer has to be https',
    ],
    [
      'clientId: jetway\n',
      'clientId: jetway\n    clients: { jetway: [g] }\n',
      '13 identity.oidc.clients.jetway is the client of people',
    ],
    [
      'services:',
      '  federation:\n    - { name: ci, issuer: https://ci, audience: a, rules: [{ name: r, claims: { sub: "*" }, groups: [g] }] }\nservices:',
      '15 identity.federation.0.rules.0.claims would let in anyone',
    ],
    ['clientId: jetway\n', 'clientId: ""\n', '12 identity.oidc.clientId is not valid'],
    ['audience: jetway-relay\n', awsWith(''), '14 identity.aws has neither webIdentity nor callerIdentity'],
    [
      'audience: jetway-relay\n',
      awsWith(
        '    webIdentity: { audience: x, issuers: [{ account: "123456789012", issuer: "http://sts.example" }] }\n',
      ),
      '17 identity.aws.webIdentity.issuers.0.issuer has to be https',
    ],
    [
      'audience: jetway-relay\n',
      awsWith('    callerIdentity: { stsUrl: "https://evil.example" }\n'),
      '17 identity.aws.callerIdentity.stsUrl is not a key',
    ],
    [
      'audience: jetway-relay',
      'audience: jetway-relay\n    algorithms: [HS256]',
      '14 identity.oidc.algorithms.0 is not valid',
    ],
    [
      'audience: jetway-relay',
      'audience: jetway-relay\n    algorithms: [none]',
      '14 identity.oidc.algorithms.0 is not valid',
    ],
    ['  airflow:\n    type', '  Air flow:\n    type', '15 services.Air flow is not valid'],
    ['type: airflow', 'type: ftp', '16 services.airflow.type is not valid: airflow, http or tcp'],
    ['    type: airflow\n', '', '15 services.airflow.type is not valid: airflow, http or tcp'],
    [
      'url: http://airflow.internal:8080',
      'url: http://airflow.internal:8080/base',
      '17 services.airflow.url is not valid',
    ],
    [
      'keyFile: relay.pem',
      'keyFile: localhost.key',
      '19 services.airflow.identity.keyFile localhost.key is no Ed25519 key',
    ],
    [
      'keyFile: relay.pem',
      'keyFile: jwks.json',
      '19 services.airflow.identity.keyFile jwks.json can be read by others',
    ],
    [
      'keyFile: relay.pem',
      'keyFile: open.pem',
      '19 services.airflow.identity.keyFile open.pem can be read by others; chmod 600 it',
    ],
    [
      'keyFile: relay.pem',
      'keyFile: relay.pem\n      lifetimeSeconds: 9',
      '20 services.airflow.identity.lifetimeSeconds is not valid',
    ],
    ['contact: Ask us.\n', '', '20 policy.contact is missing'],
    ['role: viewer', 'role: nobody', '23 policy.grants.0.role there is no role nobody'],
    ['role: viewer', 'role: viewer, dag: x', '23 policy.grants.0.dag is not a key'],
    ['role: viewer', 'role: viewer, dags: []', '23 policy.grants.0.dags is not valid'],
    ['role: viewer', 'role: viewer, dags: ["a b"]', '23 policy.grants.0.dags.0 is not valid'],
    ...(
      [
        ['until: tomorrow', 'until is not valid'],
        ['when: { hours: 8-18 }', 'when.hours is not valid: two times such as 08:00-18:00'],
        ['when: { hours: "08:00-08:00" }', 'when.hours is not valid: from and to are the same'],
        ['when: { hours: "08:00-24:01" }', 'when.hours is not valid'],
        ['when: { timezone: Mars/Base }', 'when.timezone is not valid: a time zone such as Europe/Berlin'],
        ['when: { networks: [10.0.0.0/33] }', 'when.networks.0 is not valid'],
        ['when: { networks: [office] }', 'when.networks.0 is not valid'],
        ['when: { who: [boss] }', 'when.who.0 is not valid'],
        ['when: { weekdays: [monday] }', 'when.weekdays.0 is not valid'],
        ['when: { maxAuthenticationAgeMinutes: 0 }', 'when.maxAuthenticationAgeMinutes is not valid'],
        ['when: { conf: {} }', 'when.conf is not valid: nothing is asked of it'],
        ['when: { conf: { maxbytes: 1 } }', 'when.conf.maxbytes is not a key'],
        ['tags: []', 'tags is not valid'],
      ] as const
    ).map(([key, line]): [string, string, string] => [
      'role: viewer',
      `role: viewer, ${key}`,
      `23 policy.grants.0.${line}`,
    ]),
    [
      'audit:\n',
      '  forbid:\n    - { verbs: [run.fly], reason: No. }\naudit:\n',
      '25 policy.forbid.0.verbs.0 there is no verb run.fly',
    ],
    ['audit:\n', '  forbid:\n    - { verbs: [run.*] }\naudit:\n', '25 policy.forbid.0.reason is missing'],
    [
      'audit:\n',
      '  connect:\n    - { group: g, services: [airflow], when: { conf: { maxBytes: 1 } } }\naudit:\n',
      '25 policy.connect.0.when.conf is not a key',
    ],
    [
      'audit:\n',
      '  cedarFiles: [none.cedar]\naudit:\n',
      '24 policy.cedarFiles.0 none.cedar cannot be read (ENOENT)',
    ],
    [
      'audit:\n',
      '  cedarFiles: [good.cedar, bad.cedar]\naudit:\n',
      '24 policy.cedarFiles.1 bad.cedar:2:29 unexpected token `resource`',
    ],
    ['audit:\n', 'direct: nope\naudit:\n', '24 direct there is no service nope'],
    [
      '  airflow:\n    type',
      '  jetway:\n    type',
      '15 services.jetway is the relay’s own name inside a session; call the service something else',
    ],
    ['  keyFile: audit.pem\n', '', '24 audit.keyFile is missing'],
    ['keyFile: audit.pem', 'keyFile: open.pem', '26 audit.keyFile open.pem can be read by others'],
    ['keyFile: audit.pem', 'keyFile: localhost.key', '26 audit.keyFile localhost.key is no Ed25519 key'],
    ['keyFile: audit.pem', 'keyFile: audit.pem\n  origin: a b', '27 audit.origin is not valid'],
    ['keyFile: audit.pem', 'keyFile: audit.pem\n  redact: [a*b]', '27 audit.redact.0 is not valid'],
    [
      'keyFile: audit.pem',
      'keyFile: audit.pem\n  checkpoints: { everyRecords: 0 }',
      '27 audit.checkpoints.everyRecords is not valid',
    ],
    [
      'keyFile: audit.pem',
      'keyFile: audit.pem\n  segments: { maxBytes: 65535 }',
      '27 audit.segments.maxBytes is not valid',
    ],
  ])('%j → %j', async (from, to, line) => {
    expect(good).toContain(from)
    expect(await mistakes(good.replace(from, to))).toContainEqual(expect.stringContaining(line))
  })

  test('the files of Cedar policies are read, and part of the generation', async () => {
    const text = good.replace('audit:\n', '  cedarFiles: [good.cedar]\naudit:\n')
    const before = await load(text)
    expect(before.cedarFiles).toEqual([{ name: 'good.cedar', text: goodCedar }])
    await writeFile(join(folder, 'good.cedar'), `${goodCedar}\n`)
    expect((await load(text)).generation).not.toBe(before.generation)
  })

  test('all of them at once, in the order of the file', async () => {
    const text = good
      .replace('version: 1', 'version: 3')
      .replace('port: 8443', 'port: x')
      .replace('contact: Ask us.', 'contact: 7')
    expect((await mistakes(text)).map((line) => line.split(' ', 2).join(' '))).toEqual([
      '1 version',
      '5 listen.port',
      '21 policy.contact',
    ])
  })

  test.each([
    ['a tab', good.replace('  host', '\thost')],
    [
      'an alias',
      good.replace('contact: Ask us.', 'contact: &c Ask us.').replace('file: audit.jsonl', 'file: *c'),
    ],
    ['a list', '- 1\n'],
    ['nothing', ''],
    ['a bracket that stays open', 'version: [1\n'],
    ['a file of over 1 MiB', `${good}# ${'x'.repeat(1_100_000)}\n`],
  ])('%s is refused', async (_what, text) => {
    expect((await mistakes(text)).length).toBeGreaterThan(0)
  })

  test('a file that is not there', () => {
    expect(() => loadConfig(join(folder, 'none.yaml'))).toThrow(/cannot be read \(ENOENT\)/)
  })
})

describe('Airflow', () => {
  const airflow = (line: string) =>
    good.replace('    identity:\n      keyFile', `    ${line}\n    identity:\n      keyFile`)

  test('is 3, at its own address, and narrows nothing, unless said otherwise', async () => {
    const { services } = await load(good)
    expect(services.airflow).toMatchObject({ version: 3, baseUrl: null, listNarrowing: 'none' })
    expect((await load(airflow('version: 2'))).services.airflow).toMatchObject({ version: 2 })
  })

  test.each([
    'https://airflow.example',
    'https://airflow.example/',
    'http://a:8080/team/airflow',
    'http://a/b.c/',
  ])('may call itself %s', async (url) => {
    expect((await load(airflow(`baseUrl: ${url}`))).services.airflow).toMatchObject({ baseUrl: url })
  })

  test.each([
    'baseUrl: /airflow',
    'baseUrl: https://a/b?c',
    'baseUrl: https://a/b#c',
    'baseUrl: https://u:p@a/b',
    'baseUrl: https://a/b/../c',
    'baseUrl: https://a//b',
    'baseUrl: https://a/%62',
    'baseUrl: https://a/.b',
    'baseUrl: ftp://a',
    'version: 1',
    'listNarrowing: all',
  ])('%s is a mistake', async (line) => {
    expect(await mistakes(airflow(line))).toContainEqual(
      expect.stringContaining(`18 services.airflow.${line.split(':')[0]} is not valid`),
    )
  })
})

describe('policy.http', () => {
  const wiki = good.replace(
    'policy:',
    '  wiki:\n    type: http\n    url: http://wiki\n    localPort: 81\n    identity: { keyFile: relay.pem }\npolicy:',
  )
  const grant = (text: string) => wiki.replace('  grants:', `  http: [${text}]\n  grants:`)

  test('names http services', async () => {
    expect(
      (await load(grant('{ group: g, services: [wiki], verbs: [http.read] }'))).policy.http,
    ).toMatchObject([{ group: 'g', services: ['wiki'], verbs: ['http.read'], paths: ['/*'] }])
  })

  test.each([
    ['{ services: [wiki], verbs: [http.read] }', 'policy.http.0.group is missing'],
    ['{ group: g, services: [], verbs: [http.read] }', 'policy.http.0.services is not valid'],
    ['{ group: g, services: [wiki], verbs: [] }', 'policy.http.0.verbs is not valid'],
    ['{ group: g, services: [wiki], verbs: [run.read] }', 'policy.http.0.verbs.0 is not valid'],
    ['{ group: g, services: [wiki], verbs: [http.read], paths: [x] }', 'policy.http.0.paths.0 is not valid'],
    [
      '{ group: g, services: [nope], verbs: [http.read] }',
      'policy.http.0.services.0 there is no service nope',
    ],
    [
      '{ group: g, services: [airflow], verbs: [http.read] }',
      'airflow is a service of type airflow, not http',
    ],
  ])('%s', async (text, mistake) => {
    expect(await mistakes(grant(text))).toEqual([expect.stringContaining(mistake)])
  })
})

test.each([
  ['metrics on the relay’s own port', 'metrics: { port: 8443 }', 'metrics.port is the relay’s own port'],
  ['health on the relay’s own port', 'health: { port: 8443 }', 'health.port is the relay’s own port'],
  [
    'health on the port of metrics',
    'health: { port: 9464 }\nmetrics: { port: 9464 }',
    'health.port is the port of metrics',
  ],
  [
    'records over plain http',
    'telemetry: { otlpEndpoint: "http://collector.example:4318" }',
    'telemetry.otlpEndpoint has to be https, except on a loopback host',
  ],
  [
    'a filter that touches who asks',
    'filters: [{ type: header-set, name: Authorization, value: x }]',
    'filters.0.name is not valid: authorization says who asks, or frames the message, and is the relay’s own',
  ],
  [
    'a filter that there is none of',
    'filters: [{ type: fly }]',
    'filters.0.type is not valid: one of header-set,',
  ],
  [
    'more time than there is',
    'limits: { requests: { maxWaitSeconds: 301 } }',
    'limits.requests.maxWaitSeconds',
  ],
  ['no time at all', 'limits: { requests: { stalledSeconds: 0 } }', 'limits.requests.stalledSeconds'],
])('%s is a mistake', async (_what, lines, said) => {
  const [mistake] = await mistakes(`${good}${lines}\n`)
  expect(mistake).toContain(said)
})

test.each([
  ['X-Who', [], 'filters.0.name wiki takes people from x-who'],
  ['X-Other', [], 'filters.0.name wiki takes people from x-other'],
  ['X-Who', ['airflow'], null],
  ['X-Fine', [], null],
])('a filter that sets %s, for %s', async (name, services, mistake) => {
  const wiki = `  wiki:
    type: http
    url: http://wiki
    localPort: 81
    identity: { keyFile: relay.pem, header: X-Who }
    stripHeaders: [X-Other]
policy:`
  const filter = {
    type: 'header-set',
    name,
    value: '1',
    ...(services.length > 0 ? { for: { services } } : {}),
  }
  const text = `${good.replace('policy:', wiki)}filters: ${JSON.stringify([filter])}\n`
  if (mistake === null) await load(text)
  else expect(await mistakes(text)).toEqual([expect.stringContaining(mistake)])
})

test('limits at their ends, metrics and telemetry', async () => {
  const requests = { maxWaitSeconds: 300, waiting: 0, perRoute: 1024, connections: 16 }
  const more = {
    limits: { requests },
    metrics: { port: 9464 },
    telemetry: { otlpEndpoint: 'http://127.0.0.1:4318' },
  }
  const lines = Object.entries(more).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
  expect(await load(good + lines.join(''))).toMatchObject({
    limits: { requests: { ...requests, perPrincipal: null } },
    metrics: { host: '127.0.0.1', port: 9464 },
    telemetry: { traces: true, auditLogs: false, samplingRatio: 0.1 },
  })
})
