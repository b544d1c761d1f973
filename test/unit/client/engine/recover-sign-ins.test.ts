import { expect, test } from 'vitest'
import { recoverSignIns } from '#client/engine/recover-sign-ins.ts'
import { eventually } from '../../../support/eventually.ts'
import { lockedKeychain } from '../../../support/locked-keychain.ts'

function environment() {
  return {
    restored: 0,
    async restoreSignIn() {
      this.restored += 1
    },
  }
}

test('an unlocked keychain is taken up once, for all environments', async () => {
  const { state, store } = lockedKeychain()
  const both = [environment(), environment()]
  await recoverSignIns(store, () => both)
  expect(both.map(({ restored }) => restored)).toEqual([0, 0])
  state.isLocked = false
  await recoverSignIns(store, () => both)
  await recoverSignIns(store, () => both)
  expect(both.map(({ restored }) => restored)).toEqual([1, 1])
})

test('nobody waits long for one that asks its person, and it is taken up when they have answered', async () => {
  const { state, store } = lockedKeychain()
  let answer = () => {}
  state.answered = new Promise((resolve) => {
    answer = resolve
  })
  const all = [environment()]
  await recoverSignIns(store, () => all, 20)
  expect([all[0]?.restored, store.kind]).toEqual([0, 'memory'])
  // Whoever is there by then.
  all.push(environment())
  state.isLocked = false
  answer()
  await eventually('both', async () => all.every(({ restored }) => restored === 1))
  expect(store.kind).toBe('keychain')
})
