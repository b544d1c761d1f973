import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseCompanyFile } from '#client/company/company-file.ts'

const path = '/etc/jetway/environments.yaml'
const parse = (text: string) => parseCompanyFile(path, text)
const withFirst = (lines: string) =>
  `version: 1\nenvironments:\n  - name: prod\n    relayUrl: https://relay.example.com\n${lines}`

test('what stands in it, the address as an origin', () => {
  const text = `
version: 1
environments:
  - name: prod
    relayUrl: https://Relay.Example.com:443/
    ca: company-ca.pem
    color: red
    production: true
    ports: { airflow: 8080, docs: 8081 }
  - { name: dev, relayUrl: "http://127.0.0.1:9000" }
`
  expect(parse(text)).toEqual([
    {
      name: 'prod',
      relayUrl: 'https://relay.example.com',
      ca: 'company-ca.pem',
      color: 'red',
      production: true,
      ports: { airflow: 8080, docs: 8081 },
    },
    { name: 'dev', relayUrl: 'http://127.0.0.1:9000' },
  ])
  expect(parse('version: 1\nenvironments: []')).toEqual([])
})

test.each([
  ['', 1, 'is not valid'],
  ['version: 1\nenvironments:\n  - name: [', 3, ''],
  ['version: 2\nenvironments: []', 1, 'version is not valid'],
  ['version: 1\nenvironments: []\nextra: 1', 3, 'extra is not a key that is known here'],
  ['version: 1\nenvironments:\n  - name: prod', 3, 'environments.0.relayUrl is missing'],
  [withFirst('    ca: &a x\n    color: *a'), 1, 'aliases are not taken here'],
  [withFirst('    name: dev'), 5, 'unique'],
  [withFirst('    token: abc'), 5, 'environments.0.token is not a key that is known here'],
  [withFirst('    color: mauve'), 5, 'environments.0.color is not valid'],
  [withFirst('    production: "yes"'), 5, 'environments.0.production is not valid'],
  [withFirst('    ports: { airflow: 0 }'), 5, 'environments.0.ports.airflow is not valid'],
  [withFirst('    ports: { airflow: 65536 }'), 5, 'environments.0.ports.airflow is not valid'],
  [withFirst('    ports: { Air flow: 1 }'), 5, 'environments.0.ports'],
  [withFirst('    ports: { a: 80, b: 80 }'), 5, 'gives one port to two services'],
  [
    withFirst('  - { name: prod, relayUrl: "https://b.example" }'),
    5,
    'environments.1.name prod is there twice',
  ],
  [
    withFirst('  - { name: b, relayUrl: "https://RELAY.example.com/" }'),
    5,
    'environments.1.relayUrl is there twice',
  ],
  ['version: 1\nenvironments:\n  - name: Prod!\n    relayUrl: https://a.example', 3, 'lower-case letters'],
  [
    'version: 1\nenvironments:\n  - name: a\n    relayUrl: relay.example',
    4,
    'environments.0.relayUrl is not valid',
  ],
  [
    'version: 1\nenvironments:\n  - name: a\n    relayUrl: ftp://relay.example',
    4,
    'environments.0.relayUrl is not valid',
  ],
  ['version: 1\nenvironments:\n  - name: a\n    relayUrl: http://relay.example', 4, 'has to be https'],
  ['version: 1\nenvironments:\n  - name: a\n    relayUrl: https://a.example/x', 4, 'nothing behind the host'],
  [
    'version: 1\nenvironments:\n  - name: a\n    relayUrl: https://u:hunter2@a.example',
    4,
    'may hold no user and password',
  ],
])('%j is refused with its line', (text, line, what) => {
  const error = (() => {
    try {
      return parse(text)
    } catch (thrown) {
      return thrown as Error
    }
  })()
  expect(error).toMatchObject({ code: 'COMPANY_FILE_INVALID' })
  expect((error as Error).message).toContain(`${path}:${line} `)
  expect((error as Error).message).toContain(what)
  expect((error as Error).message).not.toContain('hunter2')
})

test('200 are taken, one more is not; a name of 64 characters is, one of 65 is not', () => {
  const list = (count: number) =>
    JSON.stringify({
      version: 1,
      environments: Array.from({ length: count }, (_, i) => ({
        name: `e${i}`,
        relayUrl: `https://e${i}.example`,
      })),
    })
  expect(parse(list(200))).toHaveLength(200)
  expect(() => parse(list(201))).toThrow('environments is not valid')
  const named = (chars: number) =>
    JSON.stringify({ version: 1, environments: [{ name: 'a'.repeat(chars), relayUrl: 'https://a.example' }] })
  expect(parse(named(64))).toHaveLength(1)
  expect(() => parse(named(65))).toThrow('name is not valid')
})

test('all mistakes are told, each once, in the order of the file', () => {
  const text = withFirst('    color: x\n  - name: B\n    relayUrl: http://b.example\n    nope: 1')
  expect(() => parse(text)).toThrow(/:5 .*\n.*:6 .*\n.*:8 /)
})

test.each([
  ['keys that are not known', (i: number) => `key${i}: 1\n`],
  ['environments that are none', (i: number) => `${i === 0 ? 'environments:\n' : ''}- B${i}\n`],
  ['brackets', () => '['],
  ['dashes', () => '- '],
])('as much as may be of %s is refused in a few lines', (_, part) => {
  let text = ''
  for (let i = 0; text.length < 65_536; i += 1) text += part(i)
  const error = (() => {
    try {
      return parse(text)
    } catch (thrown) {
      return thrown as Error
    }
  })()
  expect(error).toMatchObject({ code: 'COMPANY_FILE_INVALID' })
  expect((error as Error).message.split('\n').length).toBeLessThanOrEqual(20)
  expect((error as Error).message.length).toBeLessThan(10_000)
})

test('the example of the documentation is valid', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/company-file.md'), 'utf8')
  const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? []
  expect(parse(example).map(({ name }) => name)).toEqual(['prod', 'dev'])
})
