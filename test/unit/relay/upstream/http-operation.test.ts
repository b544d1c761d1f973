import { expect, test } from 'vitest'
import { resolve } from '#shared/airflow/resolve.ts'
import { targetFault } from '../../../../relay/http/handlers/syntax.ts'
import { responseHeaders } from '../../../../relay/upstream/headers.ts'
import { httpOperation } from '../../../../relay/upstream/http-operation.ts'
import { pick, seeded } from '../../../support/random.ts'

const pieces = [
  '/',
  '%',
  '%2',
  '%41',
  '%e2%82%ac',
  '%ff',
  '%2e',
  '.',
  '..',
  '~',
  '?',
  '&',
  '=',
  ';',
  '#',
  'dag_id',
]
const more = [
  'home',
  'dags',
  'hello',
  'object',
  'grid_data',
  'a',
  '*',
  '\\',
  ' ',
  'é',
  '\u0000',
  '+',
  '%00',
  '%25',
]

test('whatever target passes the syntax is understood or not known, and nothing throws', () => {
  const random = seeded(7)
  const all = [...pieces, ...more]
  let passed = 0
  for (let i = 0; i < 20_000; i += 1) {
    const length = 1 + Math.floor(random() * 8)
    const target = `/${Array.from({ length }, () => pick(random, all)).join('')}`
    if (targetFault(target) !== null) continue
    passed += 1
    const name = httpOperation('GET', target, false)?.resource.name
    expect(name).toMatch(/^\//)
    expect(name).not.toMatch(/\/\.\.?(\/|$)|\/\/|\\/)
    resolve('GET', target, 3)
    resolve('GET', target, 2)
  }
  expect(passed).toBeGreaterThan(1000)
})

test('whatever an upstream sends as cookie or redirect is passed on, and nothing throws', () => {
  const random = seeded(8)
  const parts = [
    'http://',
    'https://',
    '//',
    'a.internal',
    ':',
    '8080',
    '@',
    '/',
    ';',
    '=',
    'Path',
    'Domain',
    ' ',
    '%',
  ]
  const odd = ['Secure', 'SameSite', 'None', '__Host-', '_token', '\t', '[', ']', 'é', '?', '#', '\\', ',']
  const all = [...parts, ...odd]
  const upstream = { origins: new Set(['http://a.internal:8080']), basePath: '/team' }
  for (let i = 0; i < 20_000; i += 1) {
    const length = Math.floor(random() * 10)
    const value = Array.from({ length }, () => pick(random, all)).join('')
    const o = { upstream, ownOrigin: 'http://localhost:8080', requestId: 'id' }
    const headers = responseHeaders(302, ['Location', value, 'Set-Cookie', value], o)
    const [, location = '', , cookie = ''] = headers
    expect(URL.canParse(location) && new URL(location).origin).not.toBe('http://a.internal:8080')
    expect(cookie.split(';').slice(1).join(';')).not.toMatch(/(^|;)\s*domain\s*(=|;|$)/i)
  }
})
