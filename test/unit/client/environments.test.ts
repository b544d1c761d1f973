import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EnvironmentFile } from '#client/environments.ts'

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'environments-'))
})
afterEach(() => rm(home, { recursive: true }))

const path = () => join(home, 'environments.json')
const write = (content: object) => writeFile(path(), JSON.stringify(content))
const seen = {
  version: '3.3.2',
  since: '2026-05-14T08:00:00.000Z',
  seen: '2026-05-15T08:00:00.000Z',
  before: { version: '3.3.1', until: '2026-05-12T08:00:00.000Z' },
}
const service = { name: 'airflow', type: 'airflow' as const, localPort: 8080 }
/** Of version 1 and 2; `now` is of the present one. */
const saved = (name: string) => ({
  name,
  relayUrl: `https://${name}.example.com`,
  ca: null,
  aws: null,
  services: [service],
})
const now = (name: string) => ({ ...saved(name), services: [{ ...service, airflow: null }] })

test('a file of version 1 is read: each environment is marked as a new one would be', async () => {
  const { aws: _, ...oldest } = saved('eu-prod')
  await write({ version: 1, environments: [oldest, saved('dev'), saved('test')] })
  expect(await new EnvironmentFile(home).read()).toEqual([
    { ...now('eu-prod'), color: 'red', production: true },
    { ...now('dev'), color: 'blue', production: false },
    { ...now('test'), color: 'green', production: false },
  ])
  expect(JSON.parse(await readFile(path(), 'utf8')).version).toBe(1)
})

test('a file of version 2 is read: which Airflow it is was not seen yet', async () => {
  const marks = { color: 'pink', production: true }
  await write({ version: 2, environments: [{ ...saved('dev'), ...marks }] })
  expect(await new EnvironmentFile(home).read()).toEqual([{ ...now('dev'), ...marks }])
})

test('what is written is of version 3, and read as it was', async () => {
  const services = [{ ...service, airflow: seen }]
  const environments = [{ ...saved('dev'), services, color: 'pink' as const, production: true }]
  const file = new EnvironmentFile(home)
  await file.write(environments)
  expect(JSON.parse(await readFile(path(), 'utf8')).version).toBe(3)
  expect(await file.read()).toEqual(environments)
})

const of3 = (airflow: unknown) => ({
  ...saved('a'),
  services: [{ ...service, airflow }],
  color: 'red',
  production: true,
})
test.each([
  ['no JSON', '{"version":2,'],
  ['a version that is not known', '{"version":4,"environments":[]}'],
  [
    'a color that is none',
    JSON.stringify({ version: 2, environments: [{ ...saved('a'), color: 'x', production: false }] }),
  ],
  ['version 2 with what came later', JSON.stringify({ version: 2, environments: [of3(null)] })],
  [
    'a version of Airflow that is none',
    JSON.stringify({ version: 3, environments: [of3({ ...seen, version: '<b>' })] }),
  ],
  ['version 2 without marks', JSON.stringify({ version: 2, environments: [saved('a')] })],
  [
    'marks in version 1',
    JSON.stringify({ version: 1, environments: [{ ...saved('a'), color: 'red', production: true }] }),
  ],
])('%s is refused', async (_, text) => {
  await writeFile(path(), text)
  await expect(new EnvironmentFile(home).read()).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: `${path()} is not a list of environments`,
  })
  expect(await readFile(path(), 'utf8')).toBe(text)
})
