import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../../../../build/setup/run.ts'
import { type BalancedRelay, startBalancedRelay } from '../../../support/balanced-relay.ts'
import { eventually } from '../../../support/eventually.ts'

const main = join(import.meta.dirname, '../../../../relay/main.ts')

let site: BalancedRelay
beforeAll(async () => {
  site = await startBalancedRelay()
  site.upstream.answer = (_request, response) => response.end('{}')
})
afterAll(() => site?.close())

const ask = async () => {
  const token = await site.balancers.token('google-iap')
  const answer = await site.ask('google-iap', [['x-goog-iap-jwt-assertion', token]])
  return { ...answer, code: (JSON.parse(answer.body) as { code?: string }).code }
}
const command = (...args: string[]) =>
  run(process.execPath, [main, ...args, '--config', site.relay.configFile])

test('whose access is revoked is refused here, too, and the audit says who it was', async () => {
  expect((await ask()).status).toBe(200)
  await command('revoke', 'ana@example.com', '--reason', 'left')
  const refused = await eventually('it is refused', async () => {
    const answer = await ask()
    return answer.status !== 200 && answer
  })
  expect(refused).toMatchObject({ status: 403, code: 'ACCESS_REVOKED' })
  const record = await eventually('it is in the audit', async () =>
    (await site.relay.records()).find(({ id }) => id === refused.headers['x-request-id']),
  )
  expect(record).toMatchObject({
    principal: { name: 'ana@example.com' },
    decision: { effect: 'deny', code: 'ACCESS_REVOKED' },
  })
  await command('restore', 'ana@example.com')
  await eventually('it is restored', async () => (await ask()).status === 200)
})

test('another audience is taken after a reload that says so, and the one before is not', async () => {
  const document = JSON.parse(await readFile(site.relay.configFile, 'utf8'))
  document.identity.signedHeaders['google-iap'].audience = '/projects/1234/apps/other'
  const changes = { identity: document.identity }
  await expect(site.relay.reloadWith(changes)).rejects.toMatchObject({ code: 'WIDENING_REFUSED' })
  expect((await ask()).status).toBe(200)
  await site.relay.reloadWith(changes, { allowWidening: true })
  expect(await ask()).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' })
})
