import { exportSPKI, generateKeyPair } from 'jose'
import { afterEach, expect, test, vi } from 'vitest'
import { AlbKeys } from '../../../../relay/identity/signed-headers/alb-keys.ts'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const arn = (partition: string, region: string) =>
  `arn:${partition}:elasticloadbalancing:${region}:123456789012:loadbalancer/app/a/1`
const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

async function answering(answer: () => Promise<Response> | Response) {
  const asked: string[] = []
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    expect(init).toMatchObject({ redirect: 'error' })
    asked.push(url)
    return answer()
  })
  return asked
}
const pem = async () => exportSPKI((await generateKeyPair('ES256', { extractable: true })).publicKey)

test.each([
  ['aws', 'eu-central-1', 'https://public-keys.auth.elb.eu-central-1.amazonaws.com'],
  ['aws-cn', 'cn-north-1', 'https://public-keys.auth.elb.cn-north-1.amazonaws.com.cn'],
  [
    'aws-us-gov',
    'us-gov-west-1',
    'https://s3-us-gov-west-1.amazonaws.com/aws-elb-public-keys-prod-us-gov-west-1',
  ],
])('the keys of %s in %s are at %s', async (partition, region, folder) => {
  const key = await pem()
  const asked = await answering(() => new Response(key))
  await new AlbKeys(arn(partition, region)).get(id(1))
  expect(asked).toEqual([`${folder}/${id(1)}`])
})

test('a key is asked for once in ten minutes, by however many at once', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const key = await pem()
  const asked = await answering(() => new Response(key))
  const keys = new AlbKeys(arn('aws', 'eu-central-1'))
  await Promise.all([keys.get(id(1)), keys.get(id(1)), keys.get(id(1))])
  vi.setSystemTime(Date.now() + 599_000)
  await keys.get(id(1))
  expect(asked).toHaveLength(1)
  vi.setSystemTime(Date.now() + 2_000)
  await keys.get(id(1))
  expect(asked).toHaveLength(2)
})

test('no more than twenty unknown keys are looked for in a minute, and those that are known go on', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const key = await pem()
  const asked = await answering(() =>
    asked.length === 1 ? new Response(key) : new Response('', { status: 403 }),
  )
  const keys = new AlbKeys(arn('aws', 'eu-central-1'))
  await keys.get(id(1))
  for (let n = 2; n <= 40; n += 1) await expect(keys.get(id(n))).rejects.not.toHaveProperty('code')
  expect(asked).toHaveLength(20)
  await keys.get(id(1))
  vi.setSystemTime(Date.now() + 61_000)
  await expect(keys.get(id(41))).rejects.toThrow(/no such key/)
  expect(asked).toHaveLength(21)
})

test.each<[string, () => Response | Promise<Response>]>([
  ['not answering', () => Promise.reject(new TypeError('fetch failed'))],
  ['failing', () => new Response('', { status: 503 })],
])('a place of keys that is %s can be tried again', async (_what, answer) => {
  const asked = await answering(answer)
  const keys = new AlbKeys(arn('aws', 'eu-central-1'))
  for (const _ of [1, 2])
    await expect(keys.get(id(1))).rejects.toMatchObject({ code: 'PROVIDER_UNREACHABLE' })
  expect(asked).toHaveLength(2)
})

test.each<[string, () => Promise<string>]>([
  [
    'of another kind',
    async () => exportSPKI((await generateKeyPair('RS256', { extractable: true })).publicKey),
  ],
  [
    'of another curve',
    async () => exportSPKI((await generateKeyPair('ES384', { extractable: true })).publicKey),
  ],
  ['that is none', async () => '<html></html>'],
  ['that is too large', async () => 'x'.repeat(5000)],
])('a key %s is none', async (_what, make) => {
  const text = await make()
  await answering(() => new Response(text))
  await expect(new AlbKeys(arn('aws', 'eu-central-1')).get(id(1))).rejects.toBeInstanceOf(Error)
})

test.each([
  undefined,
  null,
  1,
  '',
  '../x',
  id(1).toUpperCase().replace('8', 'G'),
  `${id(1)}/..`,
  `${id(1)}\n`,
  [id(1)],
])('the key id %o is looked for nowhere', async (given) => {
  const asked = await answering(() => new Response(''))
  await expect(new AlbKeys(arn('aws', 'eu-central-1')).get(given)).rejects.toThrow('no UUID')
  expect(asked).toEqual([])
})
