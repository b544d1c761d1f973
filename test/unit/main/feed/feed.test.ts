import { beforeEach, describe, expect, test } from 'vitest'
import type { ActivityEntry } from '#shared/ipc/activity.ts'
import { Denials } from '../../../../main/feed/denials.ts'
import { Feed } from '../../../../main/feed/feed.ts'
import { RecentDags } from '../../../../main/feed/recent-dags.ts'
import { environmentStatus } from '../../../support/control-double.ts'

const entry = (part: Partial<ActivityEntry> = {}): ActivityEntry => ({
  id: 'r1',
  time: '2026-01-01T00:00:00.000Z',
  service: 'airflow',
  verb: 'dag.read',
  dag: 'hello',
  run: null,
  task: null,
  method: 'GET',
  path: '/api/v2/dags/hello',
  status: 200,
  effect: 'allow',
  problem: null,
  agent: null,
  durationMs: 3,
  ...part,
})
const told = (environment: string, ...entries: ActivityEntry[]) => ({ environment, entries, lost: 0 })

describe('the feed', () => {
  let asked: string[]
  let window: string[]
  let feed: Feed
  const connected = environmentStatus({ name: 'prod', state: 'connected' })
  beforeEach(() => {
    asked = []
    window = []
    feed = new Feed({
      request: async (method, params) => {
        asked.push(`${method} ${(params as { environment: string }).environment}`)
        return [] as never
      },
      tell: (name, { environment }) => window.push(`${name} ${environment}`),
      onRecentDags: () => undefined,
    })
  })
  const sample = {
    time: '',
    roundTripMs: 1,
    receivedBytesPerSecond: 0,
    sentBytesPerSecond: 0,
    openStreams: 0,
  }

  test('tells the window only what it watches, and for as long as it does', async () => {
    feed.told.activity(told('prod', entry()))
    await feed.watchActivity('prod')
    feed.told.activity(told('prod', entry()))
    feed.told.activity(told('test', entry()))
    feed.unwatchActivity('prod')
    feed.told.activity(told('prod', entry()))
    await feed.watchTraffic('prod')
    feed.told.traffic({ environment: 'prod', sample })
    feed.windowGone()
    feed.told.traffic({ environment: 'prod', sample })
    expect(window).toEqual(['activity prod', 'traffic prod'])
    expect(asked).toEqual(['watchActivity prod', 'watchTraffic prod', 'unwatchTraffic prod'])
  })

  test('another environment to be watched ends the one before', async () => {
    await feed.watchTraffic('prod')
    await feed.watchTraffic('test')
    expect(asked).toEqual(['watchTraffic prod', 'unwatchTraffic prod', 'watchTraffic test'])
    feed.unwatchTraffic('prod')
    expect(asked).toHaveLength(3)
  })

  test('watches each environment once for each time that it is connected, and anew with another engine', async () => {
    feed.follow([connected])
    feed.follow([connected])
    feed.follow([{ ...connected, state: 'reconnecting' }])
    feed.follow([connected])
    expect(asked).toEqual(['watchActivity prod', 'watchActivity prod'])
    await feed.watchTraffic('prod')
    feed.attached()
    feed.follow([connected])
    expect(asked.slice(2)).toEqual(['watchTraffic prod', 'watchTraffic prod', 'watchActivity prod'])
  })

  test('forgets what belonged to an environment that is gone', () => {
    feed.told.activity(told('prod', entry(), entry({ id: 'r2', effect: 'deny' })))
    feed.follow([])
    expect(feed.recentDags.of('prod')).toEqual([])
    expect(feed.denials.find('prod', 'r2')).toBeNull()
  })
})

test('five DAGs are recent, those that were touched last, and no denied one', () => {
  const recent = new RecentDags()
  const names = (environment: string) => recent.of(environment).map(({ dag }) => dag)
  const touch = (...dags: string[]) =>
    recent.add(
      'prod',
      dags.map((dag) => entry({ dag })),
    )
  expect(touch('b', 'a', 'c', 'd', 'e')).toBe(true)
  expect(touch('b')).toBe(false)
  expect(names('prod')).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(touch('f')).toBe(true)
  expect(names('prod')).toEqual(['b', 'c', 'd', 'e', 'f'])
  expect(recent.add('prod', [entry({ dag: null }), entry({ dag: 'g', effect: 'deny' })])).toBe(false)
  expect(names('test')).toEqual([])
})

test('five hundred denials are kept, each for its environment', () => {
  const denials = new Denials()
  const ids = Array.from({ length: 501 }, (_, n) => `r${n}`)
  denials.add('prod', [...ids.map((id) => entry({ id, effect: 'deny' })), entry({ id: 'allowed' })])
  expect(denials.find('prod', 'r0')).toBeNull()
  expect(denials.find('prod', 'r1')?.id).toBe('r1')
  expect(denials.find('prod', 'allowed')).toBeNull()
  expect(denials.find('test', 'r1')).toBeNull()
})
