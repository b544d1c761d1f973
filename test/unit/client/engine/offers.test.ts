import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { memoryStore } from '#client/auth/token-store.ts'
import { Engine } from '#client/engine/engine.ts'
import { type CertificateFiles, makeCertificate } from '../../../../demo/certificate.ts'
import { freePort } from '../../../../demo/free-port.ts'
import { startToldRelay, type ToldRelay } from '../../../support/told-relay.ts'

/** What a company's file proposes, and what becomes of it. */
let folder: string
let files: CertificateFiles
let relay: ToldRelay
let engine: Engine
let relayUrl: string
let port: number

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offers-'))
  vi.stubEnv('XDG_CONFIG_HOME', folder)
  vi.stubEnv('XDG_CONFIG_DIRS', join(folder, 'none'))
  files = await makeCertificate(folder)
  relay = await startToldRelay('localhost', 'https://provider.example', files)
  relayUrl = `https://localhost:${relay.port}`
  port = await freePort()
  engine = await Engine.start(folder, memoryStore(null))
})
afterAll(async () => {
  await engine?.stop()
  relay?.close()
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

const write = async (environments: object[]) => {
  await mkdir(join(folder, 'jetway'), { recursive: true })
  await writeFile(join(folder, 'jetway', 'environments.yaml'), JSON.stringify({ version: 1, environments }), {
    mode: 0o644,
  })
  await engine.readOffers()
}

test('a file that comes later is seen, and one that is broken is said', async () => {
  expect(engine.status()).toMatchObject({ offers: [], offersProblem: null })
  const told = new Promise((resolve) => engine.watch(resolve))
  await write([{ name: 'BAD', relayUrl }])
  expect(await told).toMatchObject({ offersProblem: { code: 'COMPANY_FILE_INVALID' } })
  expect(engine.status()).toMatchObject({ offers: [], offersProblem: { code: 'COMPANY_FILE_INVALID' } })
})

test('an offer that is taken is as the file has it, and no offer any more', async () => {
  const offer = { name: 'finance', relayUrl, ca: 'ca.crt', production: true, ports: { airflow: port } }
  await write([offer, { name: 'dev', relayUrl: 'https://dev.example' }])
  expect(engine.status()).toMatchObject({
    offers: [
      { name: 'finance', relayUrl },
      { name: 'dev', relayUrl: 'https://dev.example' },
    ],
    offersProblem: null,
  })
  // The authority that it names is not there yet.
  await expect(engine.addEnvironment({ relayUrl })).rejects.toMatchObject({ code: 'COMPANY_FILE_INVALID' })
  await copyFile(files.ca, join(folder, 'jetway', 'ca.crt'))
  expect(await engine.addEnvironment({ relayUrl: `${relayUrl}/` })).toMatchObject({
    name: 'finance',
    color: 'red',
    production: true,
    services: [{ name: 'airflow', localPort: port }],
  })
  expect(engine.status().offers).toEqual([{ name: 'dev', relayUrl: 'https://dev.example' }])
  // What was trusted stays, when the file is gone.
  await write([])
  expect((await engine.addEnvironment({ relayUrl })).name).toBe('finance')
})

test('what a person says counts before it', async () => {
  await engine.removeEnvironment('finance')
  await write([{ name: 'finance', relayUrl, ca: 'ca.crt', color: 'teal', production: false }])
  expect(engine.status().offers).toHaveLength(1)
  const own = await freePort()
  const added = await engine.addEnvironment({ relayUrl, name: 'mine', ports: { airflow: own } })
  expect(added).toMatchObject({ name: 'mine', color: 'teal', production: false })
  expect(added.services[0]).toMatchObject({ localPort: own })
})

test('a relay with a name that nobody could type gets one that they can', async () => {
  await engine.removeEnvironment('mine')
  await write([])
  relay.document.name = 'Finance \u001b[31mPROD (EU)'
  expect(await engine.addEnvironment({ relayUrl, ca: files.ca })).toMatchObject({
    name: 'finance-31mprod-eu',
    production: true,
  })
})
