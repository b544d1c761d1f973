import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { digestOf } from '../../../../main/engine/engine-files.ts'
import { engineEnvironment, spawnEngine } from '../../../../main/engine/node-process.ts'

let folder: string
let manifest: string
const logged: string[] = []
const onLine = (line: string) => logged.push(line)

/** An engine's folder with a bundle of one line. */
async function build(engine: string): Promise<void> {
  await symlink(process.execPath, join(folder, 'node'))
  await writeFile(join(folder, 'engine.js'), engine)
  await writeFile(manifest, JSON.stringify({ 'engine.js': await digestOf(join(folder, 'engine.js')) }))
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jetway-engine-'))
  manifest = join(folder, 'manifest.json')
})
afterEach(() => rm(folder, { recursive: true }))

test('an engine says that it is ready, and its end is seen with its code', async () => {
  await build(
    `console.error('begun'); process.send('ready'); process.once('disconnect', () => {}); setTimeout(() => process.exit(7), 50)`,
  )
  const engine = await spawnEngine(folder, manifest, onLine)
  await engine.ready
  expect(await engine.exited).toBe(7)
  expect(logged).toEqual(['begun'])
})

test('one that is killed, and one that cannot be started, have ended', async () => {
  await build(`process.send('ready'); setInterval(() => {}, 1000)`)
  const engine = await spawnEngine(folder, manifest, onLine)
  await engine.ready
  engine.kill()
  expect(await engine.exited).toBe(1)
  await rm(join(folder, 'node'))
  const missing = await spawnEngine(folder, manifest, onLine)
  await missing.ready
  expect(await missing.exited).toBe(1)
})

test.each([
  ['altered', () => writeFile(join(folder, 'engine.js'), 'process.exit(0)')],
  ['missing', () => rm(join(folder, 'engine.js'))],
])('an engine that is %s is not started', async (_, harm) => {
  await build(`process.send('ready')`)
  await harm()
  await expect(spawnEngine(folder, manifest, onLine)).rejects.toMatchObject({ code: 'ENGINE_ALTERED' })
})

test('nothing of the environment makes it run other code', async () => {
  const injected = join(folder, 'injected.cjs')
  await writeFile(injected, 'process.exit(66)')
  await build(`process.exit(Object.keys(process.env).some((name) => name === 'NODE_OPTIONS') ? 67 : 0)`)
  process.env.NODE_OPTIONS = `--require ${injected}`
  try {
    const engine = await spawnEngine(folder, manifest, onLine)
    expect(await engine.exited).toBe(0)
  } finally {
    delete process.env.NODE_OPTIONS
  }
})

test('the environment is what the engine needs, and nothing else', () => {
  const needed = {
    HOME: '/home/ana',
    LC_ALL: 'C',
    XDG_STATE_HOME: '/s',
    DBUS_SESSION_BUS_ADDRESS: 'unix:path=/b',
    https_proxy: 'http://proxy',
    HTTPS_PROXY: 'http://proxy',
    NODE_EXTRA_CA_CERTS: '/ca.pem',
    SSL_CERT_FILE: '/ca.pem',
    AWS_PROFILE: 'p',
    JETWAY_HOME: '/j',
  }
  const refused = {
    NODE_OPTIONS: '--require /x',
    NODE_PATH: '/x',
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    NODE_CHANNEL_FD: '9',
    LD_PRELOAD: '/x.so',
    LD_LIBRARY_PATH: '/x',
    DYLD_INSERT_LIBRARIES: '/x',
    OPENSSL_CONF: '/x',
    GIO_EXTRA_MODULES: '/x',
    GCONV_PATH: '/x',
    ELECTRON_RUN_AS_NODE: '1',
    SSLKEYLOGFILE: '/x',
    Path: 'C:\\',
    GITHUB_TOKEN: 'secret',
    JETWAY_TOKEN: 'secret',
    JETWAY_ACCESS_KEY: 'secret',
  }
  expect(engineEnvironment({ ...needed, ...refused }, 'linux')).toEqual(needed)
  expect(engineEnvironment({ ...refused, systemroot: 'C:\\Windows' }, 'win32')).toEqual({
    systemroot: 'C:\\Windows',
    Path: 'C:\\',
  })
})
