import { beforeEach, expect, test, vi } from 'vitest'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { ErrorCode } from '#shared/errors/table.ts'
import type { DesktopState } from '#shared/ipc/desktop.ts'
import { RequestsFeed } from '../../../../main/requests/requests-feed.ts'
import { accessRequest, noRequests } from '../../../support/access-requests.ts'
import { environmentStatus } from '../../../support/control-double.ts'

let asked: string[]
let refusal: ErrorCode | null
let known: DesktopState['accessRequests']
let feed: RequestsFeed
beforeEach(() => {
  asked = []
  refusal = null
  known = {}
  feed = new RequestsFeed({
    request: async (method, params) => {
      asked.push(`${method} ${(params as { environment: string }).environment}`)
      if (refusal !== null) throw new JetwayError(refusal, { environment: 'prod' })
      return noRequests as never
    },
    againMs: 20,
    onChange: (now) => {
      known = now
    },
  })
})

const prod = (state: 'connected' | 'reconnecting' | 'disconnected') =>
  environmentStatus({ name: 'prod', state })
const connected = prod('connected')
const settled = () => new Promise((resolve) => setImmediate(resolve))
const some = { ...noRequests, toDecide: [accessRequest()] }

test('each environment is watched once while it is connected, and anew with another engine', async () => {
  feed.follow([connected, environmentStatus({ name: 'test' })])
  feed.follow([connected])
  await settled()
  expect(asked).toEqual(['watchAccessRequests prod'])
  expect(known).toEqual({ prod: { kind: 'known', requests: noRequests } })
  feed.attached()
  feed.follow([connected])
  expect(asked).toHaveLength(2)
})

test('what changes is known at once; what nobody watches is not', async () => {
  feed.told({ environment: 'prod', requests: some })
  expect(known).toEqual({})
  feed.follow([connected])
  await settled()
  feed.told({ environment: 'prod', requests: some })
  expect(known).toEqual({ prod: { kind: 'known', requests: some } })
})

test('a carrier that changes forgets nothing, a connection that has ended does', async () => {
  feed.follow([connected])
  await settled()
  feed.follow([prod('reconnecting')])
  expect(known).toHaveProperty('prod')
  feed.follow([prod('disconnected')])
  expect(known).toEqual({})
  feed.follow([connected])
  await settled()
  feed.follow([])
  expect(known).toEqual({})
})

test.each([
  ['NO_ACCESS_REQUESTS', { kind: 'none' }],
  ['NOT_TOLD', { kind: 'none' }],
  ['INTERNAL', { kind: 'failed', problem: { code: 'INTERNAL' } }],
] as const)('%s is said', async (code, said) => {
  refusal = code
  feed.follow([connected])
  await settled()
  expect(known).toMatchObject({ prod: said })
})

test('what fails is asked for once more after a while', async () => {
  refusal = 'INTERNAL'
  feed.follow([connected])
  await vi.waitFor(() => expect(asked.length).toBeGreaterThan(2))
  refusal = null
  await vi.waitFor(() => expect(known).toEqual({ prod: { kind: 'known', requests: noRequests } }))
})

test('what fails is asked for once more when someone wants that, and what comes later by itself is waited for', async () => {
  refusal = 'NOT_CONNECTED'
  feed.follow([connected])
  await settled()
  expect(known).toEqual({})
  refusal = 'INTERNAL'
  await feed.watch('prod')
  refusal = null
  await feed.watch('prod')
  expect(known).toEqual({ prod: { kind: 'known', requests: noRequests } })
})
