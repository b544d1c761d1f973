import { expect, test } from 'vitest'
import { Looks } from '#client/doctor/looks.ts'
import { ok } from '#client/doctor/outcome.ts'
import { networkReason } from '#client/network/network-error.ts'
import type { Finding } from '#shared/ipc/finding.ts'

const never = () => new Promise<never>(() => {})
const shortMs = 30

test('what does not answer is given up at its deadline', async () => {
  const looks = new Looks(() => {}, shortMs)
  expect(await looks.at('relay', [], never)).toMatchObject({
    state: 'failed',
    title: 'There was no answer in time',
  })
})

test('one that listens to the deadline says itself what did not answer', async () => {
  const looks = new Looks(() => {}, shortMs)
  const found = await looks.at(
    'tls',
    [],
    (signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(ok(networkReason(signal.reason).reason)))
      }),
  )
  expect(found.title).toBe('no answer in time')
})

test('what goes wrong in a check is its finding, and what needs it is not looked at', async () => {
  const told: Finding[] = []
  const looks = new Looks((finding) => told.push(finding))
  const broken = looks.at('dns', [], () => Promise.reject(new TypeError('s3cret')))
  const next = looks.at('tls', [broken], async () => ok('never'))
  const last = await looks.at('relay', [next], async () => ok('never'))
  expect(await broken).toMatchObject({ state: 'failed', title: 'Something went wrong' })
  expect(last).toMatchObject({ state: 'skipped', action: null, durationMs: 0 })
  expect(told.map(({ state, check }) => `${state} ${check}`)).toEqual([
    'running dns',
    'failed dns',
    'skipped tls',
    'skipped relay',
  ])
  expect(JSON.stringify(told)).not.toContain('s3cret')
})

test('a warning does not keep others from being looked at', async () => {
  const looks = new Looks(() => {})
  const warned = looks.at('tls', [], async () => ({ ...ok('soon'), state: 'warning' }))
  expect((await looks.at('relay', [warned], async () => ok('there'))).state).toBe('ok')
})
