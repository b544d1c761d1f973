import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EnvironmentFile } from '#client/environments.ts'
import { makeCertificate } from '../../../demo/certificate.ts'
import { freePort } from '../../../demo/free-port.ts'
import { startProvider } from '../../../demo/provider/provider.ts'
import { startToldRelay, type ToldRelay } from '../../support/told-relay.ts'

/** The real command, with the engine of its own. */
const main = join(import.meta.dirname, '../../../cli/main.ts')
let provider: Awaited<ReturnType<typeof startProvider>>
let relay: ToldRelay
let home: string

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'cli-'))
  const files = await makeCertificate(home)
  provider = await startProvider({ port: 0, accessTokenSeconds: 300 })
  relay = await startToldRelay('localhost', provider.issuer, files)
  const [ca, localPort] = [await readFile(files.ca, 'utf8'), await freePort()]
  const airflow = { name: 'airflow', type: 'airflow' as const, localPort, airflow: null }
  const common = { aws: null, services: [airflow] }
  const relayUrl = `https://localhost:${relay.port}`
  await new EnvironmentFile(home).write([
    { ...common, name: 'dev', relayUrl, ca, color: 'blue', production: false },
    {
      ...common,
      services: [],
      name: 'prod',
      relayUrl: 'https://127.0.0.1:9',
      ca: null,
      color: 'red',
      production: true,
    },
  ])
})
afterAll(async () => {
  relay?.close()
  await provider?.close()
  await rm(home, { recursive: true })
})

function jetway(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, JETWAY_HOME: home }
  const all = [main, 'doctor', ...args, '--token-store', 'memory']
  return new Promise((resolve) => {
    execFile(process.execPath, all, { env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    )
  })
}

test('all well: a line each, exit code 0', async () => {
  const { code, stdout, stderr } = await jetway('dev')
  expect(stdout.split('\n')[0]).toBe(`dev · https://localhost:${relay.port}`)
  expect(stdout).toMatch(/\nok {3}tls {6}The certificate is for localhost, until /)
  expect(stdout).not.toMatch(/FAIL|warn/)
  expect(stderr).toContain('Asking the relay …')
  expect(code).toBe(0)
})

test('what failed has what to do under it, and the exit code says so', async () => {
  const { code, stdout, stderr } = await jetway('prod')
  expect(stdout).toMatch(
    /\nFAIL tls {6}The relay cannot be reached\n {14}127\.0\.0\.1:9 does not answer \(connection refused\)\.\n {14}→ Check the address\. If your company’s network needs a VPN, turn it on\.\n/,
  )
  expect(stdout).toMatch(/\nNot looked at, as something before failed: relay, provider, clock\n$/)
  expect(stderr).toContain('1 of 9 check(s) failed')
  expect(code).toBe(1)
})

test('as JSON', async () => {
  const { code, stdout } = await jetway('prod', '--json')
  const [said, error] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(said).toMatchObject({ event: 'diagnosed', environment: 'prod' })
  expect(said.findings).toHaveLength(9)
  expect(error).toMatchObject({ event: 'error', problem: { code: 'ENVIRONMENT_UNSOUND' } })
  expect(code).toBe(1)
})

test('where there are several it asks which', async () => {
  const { code, stderr } = await jetway()
  expect(stderr).toContain('dev, prod')
  expect(code).toBe(2)
})
