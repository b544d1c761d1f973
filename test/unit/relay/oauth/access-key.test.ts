import { expect, test } from 'vitest'
import { hashOfAccessKey, idOfAccessKey, makeAccessKey } from '../../../../relay/oauth/access-key.ts'
import { seeded } from '../../../support/random.ts'

test('a key has a form that those who look for secrets know', () => {
  const { id, key } = makeAccessKey()
  expect(key).toMatch(/^jtwy_[0-9A-Za-z]{50}$/)
  expect(id).toMatch(/^[0-9A-Za-z]{12}$/)
  expect(idOfAccessKey(key)).toBe(id)
  expect(hashOfAccessKey(key)).toHaveLength(32)
})

test('no two are the same', () => {
  const keys = Array.from({ length: 1000 }, () => makeAccessKey())
  expect(new Set(keys.map(({ id }) => id)).size).toBe(1000)
  expect(new Set(keys.map(({ key }) => key)).size).toBe(1000)
})

test('one letter more, less or other is no key', () => {
  const { key } = makeAccessKey()
  for (let at = 0; at < key.length; at += 1) {
    const other = key[at] === 'x' ? 'y' : 'x'
    expect(idOfAccessKey(`${key.slice(0, at)}${other}${key.slice(at + 1)}`)).toBeNull()
    expect(idOfAccessKey(key.slice(0, at) + key.slice(at + 1))).toBeNull()
    expect(idOfAccessKey(`${key.slice(0, at)}x${key.slice(at)}`)).toBeNull()
  }
})

test.each(['', 'jtwy_', ' ', '\n'])('nothing but a key is one: %j', (more) => {
  const { key } = makeAccessKey()
  expect(idOfAccessKey(more)).toBeNull()
  if (more) {
    expect(idOfAccessKey(more + key)).toBeNull()
    expect(idOfAccessKey(key + more)).toBeNull()
  }
})

test('what comes by chance is none', () => {
  const random = seeded(3)
  const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  for (let i = 0; i < 2000; i += 1) {
    const body = Array.from({ length: 50 }, () => letters[Math.floor(random() * 62)]).join('')
    expect(idOfAccessKey(`jtwy_${body}`)).toBeNull()
  }
})
