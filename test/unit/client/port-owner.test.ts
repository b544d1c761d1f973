import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { ownerOnLinux } from '#client/port-owner/linux.ts'
import { ownerOnMacos, readLsof } from '#client/port-owner/macos.ts'
import { findPortOwner } from '#client/port-owner/port-owner.ts'
import { readNetstat, readTasklist } from '#client/port-owner/windows.ts'
import { freePort } from '../../../demo/free-port.ts'

const listening = async (host: string) => {
  const server = createServer().listen(0, host)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return (server.address() as { port: number }).port
}

test.each(['127.0.0.1', '::1'])('who listens on %s', async (host) => {
  const port = await listening(host)
  expect(await ownerOnLinux(port)).toMatchObject({ pid: process.pid })
  expect(await findPortOwner(port)).toMatch(new RegExp(`\\S \\(process ${process.pid}\\)$`))
})

/** The same program as on macOS, where this machine has it. */
const lsof = '/usr/bin/lsof'
test.runIf(existsSync(lsof)).each(['127.0.0.1', '::1'])('who listens on %s, as lsof says', async (host) => {
  const owner = await ownerOnMacos(await listening(host), lsof)
  expect(owner).toMatchObject({ pid: process.pid, program: expect.stringMatching(/\S/) })
})

test('nobody, and what cannot be asked', async () => {
  const port = await freePort()
  expect(await ownerOnLinux(port)).toBeNull()
  expect(await findPortOwner(port)).toBeNull()
  await expect(ownerOnMacos(port, '/nowhere/lsof')).rejects.toThrow('ENOENT')
  expect(readLsof('')).toBeNull()
  expect(readLsof('p12\n')).toBeNull()
})

const netstat = `
Aktive Verbindungen

  Proto  Lokale Adresse         Remoteadresse          Status           PID
  TCP    0.0.0.0:135            0.0.0.0:0              ABHÖREN          1084
  TCP    127.0.0.1:8080         127.0.0.1:52110        HERGESTELLT      900
  TCP    127.0.0.1:8080         0.0.0.0:0              ABHÖREN          4711
  TCP    [::1]:8081             [::]:0                 LISTENING        4712
  TCP    127.0.0.1:18082        0.0.0.0:0              LISTENING        4713
`.replaceAll('\n', '\r\n')

test.each([
  [135, 1084],
  [8080, 4711],
  [8081, 4712],
  [8082, null],
  [52110, null],
])('of what netstat prints, in any language, port %i is %s', (port, pid) => {
  expect(readNetstat(netstat, port)).toBe(pid)
})

test('of what tasklist prints', () => {
  expect(readTasklist('"node.exe","4711","Console","1","50.123 K"\r\n')).toBe('node.exe')
  expect(readTasklist('\r\n"Some, thing.exe","1","Services","0","1 K"\r\n')).toBe('Some, thing.exe')
  expect(readTasklist('INFO: No tasks are running which match the specified criteria.\r\n')).toBeNull()
})
