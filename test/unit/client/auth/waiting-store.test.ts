import { expect, test } from 'vitest'
import { locked, lockedKeychain } from '../../../support/locked-keychain.ts'

test('while it is locked, memory keeps what is kept; nobody asks it for that', async () => {
  const { state, waiting } = lockedKeychain()
  await waiting.set('a', 'new')
  expect(await waiting.get('a')).toBe('new')
  await waiting.delete('a')
  expect(await waiting.get('a')).toBeNull()
  expect([waiting.kind, waiting.problem, state.checks]).toEqual(['memory', locked, 0])
  expect(await waiting.recover()).toBe(false)
  await expect(waiting.check()).rejects.toBe(locked)
})

test('unlocked, it has what was kept since, loses what was deleted since, and keeps the rest', async () => {
  const { kept, state, waiting } = lockedKeychain()
  for (const account of ['replaced', 'deleted', 'untouched']) await kept.set(account, 'old')
  await waiting.set('replaced', 'new')
  await waiting.set('made', 'new')
  await waiting.delete('deleted')
  state.isLocked = false
  expect(await waiting.recover()).toBe(true)
  expect([waiting.kind, waiting.problem]).toEqual(['keychain', null])
  const accounts = ['replaced', 'made', 'deleted', 'untouched']
  expect(await Promise.all(accounts.map((account) => kept.get(account)))).toEqual(['new', 'new', null, 'old'])
  await waiting.set('later', 'new')
  expect([await kept.get('later'), await waiting.get('untouched')]).toEqual(['new', 'old'])
  expect(await waiting.recover()).toBe(false)
})

test('one that is locked again half way loses nothing, and is taken up the next time', async () => {
  const { kept, state, waiting } = lockedKeychain()
  await waiting.set('one', '1')
  await waiting.set('two', '2')
  Object.assign(state, { isLocked: false, failsAt: 'two' })
  expect(await waiting.recover()).toBe(false)
  expect([waiting.kind, await waiting.get('one'), await waiting.get('two')]).toEqual(['memory', '1', '2'])
  state.failsAt = ''
  expect(await waiting.recover()).toBe(true)
  expect([await kept.get('one'), await kept.get('two')]).toEqual(['1', '2'])
})

test('while it asks the person to unlock it, memory goes on; what is kept then goes along; it asks once', async () => {
  const { kept, state, waiting } = lockedKeychain()
  let answer = () => {}
  state.answered = new Promise((resolve) => {
    answer = resolve
  })
  const recovered = Promise.all([waiting.recover(), waiting.recover()])
  await waiting.set('meanwhile', 'new')
  expect(await waiting.get('meanwhile')).toBe('new')
  state.isLocked = false
  answer()
  expect(await recovered).toEqual([true, true])
  expect([await kept.get('meanwhile'), state.checks]).toEqual(['new', 1])
})
