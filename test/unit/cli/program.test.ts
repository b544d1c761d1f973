import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { version } from '#shared/version.ts'

const root = join(import.meta.dirname, '../../..')
const home = mkdtempSync(join(tmpdir(), 'cli-'))
afterAll(() => rmSync(home, { recursive: true }))

function jetway(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'cli/main.ts'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, JETWAY_HOME: home },
  })
  return { status, stdout, stderr }
}

test('one version everywhere', () => {
  expect(jetway('--version').stdout.trim()).toBe(version)
  expect(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version).toBe(version)
})

test.each([
  [['--help'], 0, /login[\s\S]*connect[\s\S]*status[\s\S]*open[\s\S]*logout/],
  [['connect', '--help'], 0, /--relay[\s\S]*--ca[\s\S]*--port[\s\S]*--token-store/],
  [['status'], 3, /Jetway is not running/],
])('jetway %j: exit code %i', (args, code, text) => {
  const { status, stdout } = jetway(...args)
  expect(status).toBe(code)
  expect(stdout).toMatch(text)
})

test.each([
  [['fly'], 2, 'USAGE'],
  [['login'], 2, 'USAGE'],
  [['login', '--relay', 'not an address'], 2, 'USAGE'],
  [['connect', '--relay', 'http://127.0.0.1:9'], 6, 'RELAY_UNREACHABLE'],
  [['connect', '--relay', 'http://127.0.0.1:9', '--port', '99999'], 2, 'USAGE'],
  [['connect', '--relay', 'https://127.0.0.1:9', '--ca', '/nowhere'], 2, 'USAGE'],
  [['connect', '--token-store', 'paper'], 2, 'USAGE'],
  [['connect', '--token-store', 'file'], 2, 'USAGE'],
  [['open'], 3, 'ENGINE_NOT_RUNNING'],
  [['access'], 3, 'ENGINE_NOT_RUNNING'],
  [['activity'], 3, 'ENGINE_NOT_RUNNING'],
  [['requests'], 3, 'ENGINE_NOT_RUNNING'],
  [['requests', 'list', '--env', 'prod'], 3, 'ENGINE_NOT_RUNNING'],
  [['requests', 'ask', 'user', '--for', '1h', '--reason', 'stuck'], 3, 'ENGINE_NOT_RUNNING'],
  [['requests', 'ask', 'user', '--for', 'long', '--reason', 'stuck'], 2, 'USAGE'],
  [['requests', 'ask', 'user', '--for', '1h', '--reason', ' '], 2, 'USAGE'],
  [['requests', 'ask', 'user', '--for', '1h'], 2, 'USAGE'],
  [['requests', 'approve'], 2, 'USAGE'],
  [['requests', 'deny', '1f0c9a2e', '--note', 'no'], 3, 'ENGINE_NOT_RUNNING'],
  [['requests', 'end', '1f0c9a2e'], 3, 'ENGINE_NOT_RUNNING'],
  [['disconnect'], 3, 'ENGINE_NOT_RUNNING'],
  [['logout', '--env', 'nope'], 2, 'ENVIRONMENT_UNKNOWN'],
])('jetway %j --json: exit code %i, %s', (args, code, error) => {
  const { status, stdout } = jetway(
    ...args,
    ...(args[0] === 'fly' || args.includes('--token-store')
      ? []
      : ['--token-store', 'memory'].filter(() => ['login', 'connect', 'logout'].includes(args[0] as string))),
    '--json',
  )
  expect(status).toBe(code)
  expect(JSON.parse(stdout.trim().split('\n').at(-1) as string)).toMatchObject({
    event: 'error',
    problem: { code: error },
  })
})
