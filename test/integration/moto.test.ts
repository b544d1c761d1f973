import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addMotoUser, type Moto, startMoto } from '../support/moto.ts'

let moto: Moto
let key: Awaited<ReturnType<typeof addMotoUser>>
beforeAll(async () => {
  moto = await startMoto(async (url) => {
    key = await addMotoUser(url, 'nightly')
  })
}, 300_000)
afterAll(() => moto?.stop())

const callerBy = (credentials: typeof key) =>
  new STSClient({ endpoint: moto.url, region: 'us-east-1', credentials }).send(
    new GetCallerIdentityCommand({}),
  )

test('a request that is signed says who signed it', async () => {
  expect(await callerBy(key)).toMatchObject({
    Account: '123456789012',
    Arn: 'arn:aws:iam::123456789012:user/nightly',
  })
})

test('and one that is signed with another key is refused', async () => {
  await expect(callerBy({ ...key, secretAccessKey: `${key.secretAccessKey}x` })).rejects.toMatchObject({
    name: 'SignatureDoesNotMatch',
  })
})
