import { expect, test } from 'vitest'
import { locked, lockedKeychain } from '../../../support/locked-keychain.ts'

test('while it is locked, memory keeps what is kept; nobody asks it for that', async () => {
  const { state, store } = lockedKeychain()
  await store.set('a', 'new')
  expect(await store.get('a')).toBe('new')
  await store.delete('a')
  expect(await store.get('a')).toBeNull()
  expect([store.kind, store.problem, state.checks]).toEqual(['memory', locked, 0])
  expect(await store.recover()).toBe(false)
  await expect(store.check()).rejects.toBe(locked)
})

test('unlocked, it has what was kept since, loses what was deleted since, and keeps the rest', async () => {
  const { kept, state, store } = lockedKeychain()
  for (const account of ['replaced', 'deleted', 'untouched']) await kept.set(account, 'old')
  await store.set('replaced', 'new')
  await store.set('made', 'new')
  await store.delete('deleted')
  state.isLocked = false
  expect(await store.recover()).toBe(true)
  expect([store.kind, store.problem]).toEqual(['keychain', null])
  const accounts = ['replaced', 'made', 'deleted', 'untouched']
  expect(await Promise.all(accounts.map((account) => kept.get(account)))).toEqual(['new', 'new', null, 'old'])
  await store.set('later', 'new')
  expect([await kept.get('later'), await store.get('untouched')]).toEqual(['new', 'old'])
  expect(await store.recover()).toBe(false)
})

test('one that is locked again half way loses nothing, and is taken up the next time', async () => {
  const { kept, state, store } = lockedKeychain()
  await store.set('one', '1')
  await store.set('two', '2')
  Object.assign(state, { isLocked: false, failsAt: 'two' })
  expect(await store.recover()).toBe(false)
  expect([store.kind, await store.get('one'), await store.get('two')]).toEqual(['memory', '1', '2'])
  state.failsAt = ''
  expect(await store.recover()).toBe(true)
  expect([await kept.get('one'), await kept.get('two')]).toEqual(['1', '2'])
})

test('while it asks the person to unlock it, memory goes on; what is kept then goes along; it asks once', async () => {
  const { kept, state, store } = lockedKeychain()
  let answer = () => {}
  state.answered = new Promise((resolve) => {
    answer = resolve
  })
  const recovered = Promise.all([store.recover(), store.recover()])
  await store.set('meanwhile', 'new')
  expect(await store.get('meanwhile')).toBe('new')
  state.isLocked = false
  answer()
  expect(await recovered).toEqual([true, true])
  expect([await kept.get('meanwhile'), state.checks]).toEqual(['new', 1])
})

test('one that is locked later: what is kept and deleted then is kept and deleted once it is unlocked', async () => {
  const { kept, state, store } = lockedKeychain()
  state.isLocked = false
  await store.recover()
  await store.set('rotated', 'old')
  await store.set('deleted', 'old')
  state.isLocked = true
  await store.set('rotated', 'new')
  await store.delete('deleted')
  expect([store.kind, store.problem]).toEqual(['memory', locked])
  expect([await store.get('rotated'), await store.get('deleted')]).toEqual(['new', null])
  expect([await kept.get('rotated'), await kept.get('deleted')]).toEqual(['old', 'old'])
  state.isLocked = false
  expect(await store.recover()).toBe(true)
  expect([await kept.get('rotated'), await kept.get('deleted')]).toEqual(['new', null])
})

test('one that answers and does not take something says so, and is used for everything else', async () => {
  const { state, store } = lockedKeychain()
  state.isLocked = false
  await store.recover()
  state.failsAt = 'too long'
  await expect(store.set('too long', 'x')).rejects.toThrow()
  expect([store.kind, await store.get('too long')]).toEqual(['keychain', null])
})
