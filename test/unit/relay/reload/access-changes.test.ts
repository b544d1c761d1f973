import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { identityConfig } from '#shared/config/identity/identity.ts'
import { policyConfig } from '#shared/config/policy-config.ts'
import type { LoadedConfig } from '../../../../relay/config/load.ts'
import { accessChanges } from '../../../../relay/reload/access-changes.ts'
import { eventually } from '../../../support/eventually.ts'

/** The parts that are compared. */
const configWith = (role: string): LoadedConfig =>
  ({
    policy: policyConfig.parse({ contact: 'Ask us.', grants: [{ group: 'data-eng', role }] }),
    cedarFiles: [],
    identity: identityConfig.parse({ oidc: { issuer: 'https://id', clientId: 'c', audience: 'a' } }),
    services: {},
    entrances: {},
    reload: {},
  }) as unknown as LoadedConfig

test('what becomes possible is said', async () => {
  const { widens, narrows } = await accessChanges(configWith('viewer'), configWith('user'), [])
  expect(widens.join('\n')).toMatch(/^data-eng .*run\.trigger/m)
  expect(narrows).toEqual([])
})

test.runIf(process.platform === 'linux')('a comparison that falls counts as widened', async () => {
  const pending = accessChanges(configWith('user'), configWith('viewer'), [])
  process.kill(await eventually('the comparison runs', comparison), 'SIGKILL')
  expect(await pending).toEqual({
    widens: ['anyone: the policies cannot be compared (ended with SIGKILL)'],
    narrows: [],
  })
})

/** The pid of the process that compares for this one. */
async function comparison(): Promise<number | null> {
  for (const pid of await readdir('/proc')) {
    const [, parent] = /\) \S (\d+) /.exec(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')) ?? []
    if (Number(parent) !== process.pid) continue
    if ((await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes('compare-process')) return Number(pid)
  }
  return null
}
