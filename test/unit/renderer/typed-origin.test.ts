import { expect, test } from 'vitest'
import { typedOrigin } from '../../../renderer/typed-origin.ts'

test.each([
  ['airflow.example.com', 'https://airflow.example.com'],
  ['  https://airflow.example.com/\n', 'https://airflow.example.com'],
  ['HTTPS://Airflow.Example.com:8443/home?x=1#y', 'https://airflow.example.com:8443'],
  ['http://localhost:8443', 'http://localhost:8443'],
  ['localhost:8443', 'https://localhost:8443'],
  ['[::1]:8443', 'https://[::1]:8443'],
])('%j is %s', (typed, url) => expect(typedOrigin(typed, 'https')).toBe(url))

test.each([
  '',
  '   ',
  'not an address',
  'ftp://airflow.example.com',
  'javascript://airflow.example.com',
  'https://',
  'https://ana@airflow.example.com',
  'https://ana:secret@airflow.example.com',
  'https://:secret@airflow.example.com',
  'https://airflow.example.com:99999',
])('%j is none', (typed) => expect(typedOrigin(typed, 'https')).toBeNull())

test('what is not said is as it was asked for', () => {
  expect(typedOrigin('proxy.example.com:3128', 'http')).toBe('http://proxy.example.com:3128')
})
