import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const check = join(import.meta.dirname, '../check-imports.ts')

test('the import check finds what must not be', () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [check, join(import.meta.dirname, '../fixtures/imports')],
    {
      encoding: 'utf8',
    },
  )
  expect(status).toBe(1)
  expect(stderr.trim().split('\n').sort()).toEqual([
    'client/reaches-relay.ts must not import ../relay/reaches-client.ts',
    'relay/reaches-client.ts must not import #client/tunnel.ts',
    'renderer/reaches-electron.ts must not import electron',
    'shared/impure.ts must not import node:fs',
  ])
})
