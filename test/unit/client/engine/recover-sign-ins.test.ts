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
  const { state, waiting } = lockedKeychain()
  const both = [environment(), environment()]
  await recoverSignIns(waiting, () => both)
  expect(both.map(({ restored }) => restored)).toEqual([0, 0])
  state.isLocked = false
  await recoverSignIns(waiting, () => both)
  await recoverSignIns(waiting, () => both)
  expect(both.map(({ restored }) => restored)).toEqual([1, 1])
})

test('nobody waits long for one that asks its person, and it is taken up when they have answered', async () => {
  const { state, waiting } = lockedKeychain()
  let answer = () => {}
  state.answered = new Promise((resolve) => {
    answer = resolve
  })
  const all = [environment()]
  await recoverSignIns(waiting, () => all, 20)
  expect([all[0]?.restored, waiting.kind]).toEqual([0, 'memory'])
  // Whoever is there by then.
  all.push(environment())
  state.isLocked = false
  answer()
  await eventually('both', async () => all.every(({ restored }) => restored === 1))
  expect(waiting.kind).toBe('keychain')
})
