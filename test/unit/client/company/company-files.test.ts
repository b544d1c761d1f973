import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { readCompanyAuthorities, readCompanyFiles } from '#client/company/company-files.ts'
import { companyFilePlaces } from '#client/company/places.ts'
import { readSafely } from '#client/company/read-safely.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'company-'))
  path = join(folder, 'environments.yaml')
})
afterEach(() => rm(folder, { recursive: true }))

const list = (...names: string[]) =>
  JSON.stringify({
    version: 1,
    environments: names.map((name) => ({ name, relayUrl: `https://${name}.example`, ca: 'ca.pem' })),
  })
const write = (to: string, text: string, mode = 0o644) => writeFile(to, text, { mode })

test('the first file that proposes a relay says how', async () => {
  const other = join(folder, 'other.yaml')
  await write(path, list('prod', 'dev'))
  await write(other, list('dev', 'test').replace('"ca":"ca.pem"', '"ca":"/elsewhere/ca.pem"'))
  const { environments, problem } = await readCompanyFiles([join(folder, 'none.yaml'), path, other])
  expect(problem).toBeNull()
  expect(environments.map(({ name, ca }) => [name, ca])).toEqual([
    ['prod', join(folder, 'ca.pem')],
    ['dev', join(folder, 'ca.pem')],
    ['test', join(folder, 'ca.pem')],
  ])
})

test('one that is not valid is said, and the others count', async () => {
  const other = join(folder, 'other.yaml')
  await write(path, 'version: 7')
  await write(other, list('dev'))
  const { environments, problem } = await readCompanyFiles([path, other])
  expect(environments.map(({ name }) => name)).toEqual(['dev'])
  expect(problem).toMatchObject({ code: 'COMPANY_FILE_INVALID' })
  expect(problem?.message).toContain(`${path}:1 version is not valid`)
})

test('a file that others may change is not taken', async () => {
  await write(path, list('prod'))
  for (const mode of [0o664, 0o646, 0o622]) {
    await chmod(path, mode)
    const { environments, problem } = await readCompanyFiles([path])
    expect(environments).toEqual([])
    expect(problem?.message).toBe(`${path} can be changed by others (chmod go-w takes that away)`)
  }
  await chmod(path, 0o644)
  expect((await readCompanyFiles([path])).problem).toBeNull()
})

test('no file is none; what is no file is said, and not waited for', async () => {
  expect(await readSafely(path, 10)).toBeNull()
  expect(await readSafely(join(folder, 'no', 'such'), 10)).toBeNull()
  await mkdir(path)
  await expect(readSafely(path, 10)).rejects.toThrow(/is no file|cannot be read/)
  const socket = join(folder, 'socket')
  const server = createServer().listen(socket)
  onTestFinished(() => void server.close())
  await expect(readSafely(socket, 10)).rejects.toThrow(/is no file|cannot be read/)
})

test('a link of an administrator’s is followed, and what is there is what counts', async () => {
  const real = join(folder, 'real.yaml')
  await write(real, list('prod'))
  await symlink(real, path)
  expect((await readCompanyFiles([path])).environments).toHaveLength(1)
  await chmod(real, 0o666)
  expect((await readCompanyFiles([path])).problem?.message).toContain('can be changed by others')
})

test('as many bytes as may be are read, and not one more', async () => {
  await write(path, 'x'.repeat(1024))
  expect(await readSafely(path, 1024)).toHaveLength(1024)
  await expect(readSafely(path, 1023)).rejects.toThrow('is over')
  await write(path, `${list('prod')}${' '.repeat(65_537)}`)
  expect((await readCompanyFiles([path])).problem?.message).toBe(`${path} is over 64 KiB`)
})

test('authorities are read as carefully', async () => {
  const ca = join(folder, 'ca.pem')
  await expect(readCompanyAuthorities(ca)).rejects.toMatchObject({
    code: 'COMPANY_FILE_INVALID',
    message: `${ca} is not there`,
  })
  await write(ca, 'no certificate')
  await expect(readCompanyAuthorities(ca)).rejects.toThrow('holds no certificate in PEM form')
  await write(ca, '-----BEGIN CERTIFICATE-----\n')
  expect(await readCompanyAuthorities(ca)).toContain('BEGIN')
  await chmod(ca, 0o666)
  await expect(readCompanyAuthorities(ca)).rejects.toThrow('can be changed by others')
})

test('where it may be, on each platform', () => {
  expect(companyFilePlaces('linux', {}, '/home/ana')).toEqual([
    '/etc/jetway/environments.yaml',
    '/etc/xdg/jetway/environments.yaml',
    '/home/ana/.config/jetway/environments.yaml',
  ])
  const env = { XDG_CONFIG_DIRS: '/opt/a:relative:/opt/b', XDG_CONFIG_HOME: '/cfg' }
  expect(companyFilePlaces('linux', env, '/home/ana')).toEqual([
    '/etc/jetway/environments.yaml',
    '/opt/a/jetway/environments.yaml',
    '/opt/b/jetway/environments.yaml',
    '/cfg/jetway/environments.yaml',
  ])
  expect(companyFilePlaces('linux', { XDG_CONFIG_HOME: 'relative' }, '/home/ana').at(-1)).toBe(
    '/home/ana/.config/jetway/environments.yaml',
  )
  expect(companyFilePlaces('darwin', {}, '/Users/ana')).toEqual([
    '/etc/jetway/environments.yaml',
    '/Library/Application Support/Jetway/environments.yaml',
    '/Users/ana/Library/Application Support/Jetway/environments.yaml',
  ])
  const windows = {
    CommonProgramFiles: 'D:\\Common',
    APPDATA: 'D:\\Users\\ana\\Roaming',
  }
  expect(companyFilePlaces('win32', windows, 'D:\\Users\\ana')).toEqual([
    'D:\\Common\\Jetway\\environments.yaml',
    'D:\\Users\\ana\\Roaming\\Jetway\\environments.yaml',
  ])
})
