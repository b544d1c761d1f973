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
const saved = (name: string) => ({
  name,
  relayUrl: `https://${name}.example.com`,
  ca: null,
  aws: null,
  services: [{ name: 'airflow', type: 'airflow' as const, localPort: 8080 }],
})

test('a file of version 1 is read: each environment is marked as a new one would be', async () => {
  const { aws: _, ...oldest } = saved('eu-prod')
  await write({ version: 1, environments: [oldest, saved('dev'), saved('test')] })
  expect(await new EnvironmentFile(home).read()).toEqual([
    { ...saved('eu-prod'), color: 'red', production: true },
    { ...saved('dev'), color: 'blue', production: false },
    { ...saved('test'), color: 'green', production: false },
  ])
  expect(JSON.parse(await readFile(path(), 'utf8')).version).toBe(1)
})

test('what is written is of version 2, and read as it was', async () => {
  const environments = [{ ...saved('dev'), color: 'pink' as const, production: true }]
  const file = new EnvironmentFile(home)
  await file.write(environments)
  expect(JSON.parse(await readFile(path(), 'utf8')).version).toBe(2)
  expect(await file.read()).toEqual(environments)
})

test.each([
  ['no JSON', '{"version":2,'],
  ['a version that is not known', '{"version":3,"environments":[]}'],
  [
    'a color that is none',
    JSON.stringify({ version: 2, environments: [{ ...saved('a'), color: 'x', production: false }] }),
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
