import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { EnvironmentFile } from '#client/environments.ts'
import { makeCertificate } from '../../../demo/certificate.ts'
import { freePort } from '../../../demo/free-port.ts'
import { startToldRelay, type ToldRelay } from '../../support/told-relay.ts'

/** The real command on a machine where a company's file is, and a relay whose provider is down. */
const main = join(import.meta.dirname, '../../../cli/main.ts')
let folder: string
let home: string
let relay: ToldRelay
let relayUrl: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'company-'))
  await mkdir(join(folder, 'jetway'))
  await makeCertificate(join(folder, 'jetway'))
  const files = (name: string) => join(folder, 'jetway', name)
  relay = await startToldRelay('localhost', `http://127.0.0.1:${await freePort()}`, {
    ca: files('ca.crt'),
    cert: files('tls.crt'),
    key: files('tls.key'),
  })
  relayUrl = `https://localhost:${relay.port}`
})
afterAll(async () => {
  relay?.close()
  await rm(folder, { recursive: true })
})
beforeEach(async () => {
  home = await mkdtemp(join(folder, 'home-'))
  await propose([
    { name: 'finance', relayUrl, ca: 'ca.crt', ports: { airflow: await freePort() } },
    { name: 'dev', relayUrl: 'https://dev.example' },
  ])
})

const propose = (environments: object[]) =>
  writeFile(join(folder, 'jetway/environments.yaml'), JSON.stringify({ version: 1, environments }), {
    mode: 0o644,
  })

function jetway(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = {
    ...process.env,
    JETWAY_HOME: home,
    XDG_CONFIG_HOME: folder,
    XDG_CONFIG_DIRS: join(folder, 'none'),
  }
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    )
  })
}
const login = (...args: string[]) => jetway('login', '--no-browser', '--token-store', 'memory', ...args)

test('who has no environment sees those that the company proposes', async () => {
  const status = await jetway('status')
  expect(status.stdout).toContain(
    `Your company proposes:\n  finance · ${relayUrl}\n  dev · https://dev.example\nTake one by its name: jetway login --env finance\n`,
  )
  const json = JSON.parse((await jetway('status', '--json')).stdout)
  expect(json.offers).toEqual([
    { name: 'finance', relayUrl },
    { name: 'dev', relayUrl: 'https://dev.example' },
  ])
  const { code, stderr } = await login()
  expect(code).toBe(2)
  expect(stderr).toContain('finance · ')
})

test('one is taken by its name, with the authority that the file names; others by an address only', async () => {
  const { stderr } = await login('--env', 'finance')
  // It got as far as the provider.
  expect(stderr).toContain('The sign-in service cannot be reached')
  expect((await new EnvironmentFile(home).read()).map(({ name }) => name)).toEqual(['finance'])
  expect(JSON.parse((await jetway('status', '--json')).stdout).offers).toEqual([
    { name: 'dev', relayUrl: 'https://dev.example' },
  ])
  expect((await login('--env', 'nope')).stderr).toContain('There is no environment nope')
})

test('a file that is not valid is said with its line', async () => {
  await propose([{ name: 'finance' }])
  const { stdout } = await jetway('status')
  expect(stdout).toContain('No environment is known yet. Name its relay: jetway login --relay https://…')
  expect(stdout).toMatch(/environments\.yaml:1 environments\.0\.relayUrl is missing/)
})

test('another port for an environment that is there', async () => {
  await login('--env', 'finance')
  const port = await freePort()
  await jetway('connect', '--no-browser', '--token-store', 'memory', '--port', String(port))
  const [environment] = await new EnvironmentFile(home).read()
  expect(environment?.services).toMatchObject([{ name: 'airflow', type: 'airflow', localPort: port }])
})
