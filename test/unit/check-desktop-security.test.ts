import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const check = join(import.meta.dirname, '../check-desktop-security.ts')

test('the check of the desktop’s code finds what must not be', () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [check, join(import.meta.dirname, '../fixtures/desktop')],
    { encoding: 'utf8' },
  )
  expect(status).toBe(1)
  expect(stderr.trim().split('\n').sort()).toEqual([
    'main/other.ts:2 opens addresses past main/security/open-external.ts',
    'main/other.ts:3 answers a page past main/ipc/manager.ts',
    'main/other.ts:3 runs text as code',
    'main/other.ts:4 makes a window past main/window/main-window.ts',
    'main/other.ts:5 takes what is not trusted',
    'main/preload.ts does not say Object\\.freeze',
    'main/preload.ts:1 hands the page more than functions',
    "main/security/app-protocol.ts does not say default-src 'none'",
    'main/window/main-window.ts does not say \\bnodeIntegration: false\\b',
    'main/window/main-window.ts does not say \\bsandbox: true\\b',
    'main/window/main-window.ts does not say \\bwebviewTag: false\\b',
    'main/window/main-window.ts:2 weakens what a page is kept in',
    'renderer/page.tsx:4 makes a page out of text',
    'renderer/page.tsx:5 loads from elsewhere',
    'renderer/page.tsx:6 embeds another page',
    'renderer/page.tsx:9 loads from elsewhere',
  ])
})
