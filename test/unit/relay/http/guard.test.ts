import { expect, test } from 'vitest'
import { foreign } from '../../../../relay/http/handlers/guard.ts'

const origins = ['http://localhost:8080', 'http://127.0.0.1:8080', 'http://[::1]:8080']
const host = 'localhost:8080'
const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

test.each([
  ['GET', { host }],
  ['POST', { host }],
  ['POST', { host, origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' }],
  ['GET', { host: '127.0.0.1:8080' }],
  ['GET', { host: '[::1]:8080' }],
  ['GET', { host: 'prod.localhost:8080' }],
  ['POST', { host: 'prod.localhost:8080', origin: 'http://prod.localhost:8080' }],
  ['GET', { host, 'sec-fetch-site': 'none' }],
  ['GET', { host, ...link }],
  ['HEAD', { host, ...link }],
  ['GET', { host, ...link, 'sec-fetch-site': 'same-site' }],
])('%s %o is of this port', (method, headers) => {
  expect(foreign(method, headers, origins)).toBeNull()
})

test.each([
  ['GET', {}],
  ['GET', { host: '' }],
  ['GET', { host: 'evil.example' }],
  ['GET', { host: 'evil.example:8080' }],
  ['GET', { host: 'localhost' }],
  ['GET', { host: 'localhost:8081' }],
  ['GET', { host: 'localhost.evil.example:8080' }],
  ['GET', { host: 'a.b.localhost:8080' }],
  ['GET', { host: 'prod.localhost:9090' }],
  ['GET', { host: 'LOCALHOST:8080' }],
  ['GET', { host: 'localhost:8080@evil.example' }],
])('%s %o is for another host', (method, headers) => {
  expect(foreign(method, headers, origins)).toBe('HOST_NOT_ALLOWED')
})

test.each([
  ['GET', { host, origin: 'https://evil.example' }],
  ['GET', { host, origin: 'null' }],
  ['GET', { host, origin: 'http://127.0.0.1:8080' }],
  ['GET', { host, origin: 'https://localhost:8080' }],
  ['POST', { host, origin: 'http://localhost:9090' }],
  ['POST', { host, ...link }],
  ['DELETE', { host, ...link }],
  ['GET', { host, ...link, 'sec-fetch-dest': 'iframe' }],
  ['GET', { host, ...link, 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
  ['GET', { host, ...link, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
  ['GET', { host, ...link, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' }],
  [
    'GET',
    { host, ...link, 'sec-fetch-mode': 'websocket', 'sec-fetch-dest': 'websocket', upgrade: 'websocket' },
  ],
  ['GET', { host, ...link, upgrade: 'websocket' }],
  ['GET', { host, 'sec-fetch-site': 'same-site' }],
  ['GET', { host, 'sec-fetch-site': 'something new' }],
])('%s %o is of another site', (method, headers) => {
  expect(foreign(method, headers, origins)).toBe('ORIGIN_NOT_ALLOWED')
})
