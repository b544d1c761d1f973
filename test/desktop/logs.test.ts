import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { passwordOf } from '../../demo/provider/people.ts'
import { type DesktopApp, startDesktopApp } from '../support/desktop-app.ts'
import { eventually } from '../support/eventually.ts'
import { connectFirst } from '../support/person-at-app.ts'
import { type SmallCompany, startSmallCompany } from '../support/small-company.ts'

/** What is written down of a day with a sign-in, a refusal and crashes: what happened, and no secret. */

/** As main/logs/log.ts has it. */
const mostBytes = 1_048_576
const header = 'Bearer of-a-program-of-hers'
const cookie = 'session=of-a-browser-of-hers'
const query = 'key=in-an-address-of-hers'
/** Everything that a provider gives out, or is asked for, and that must stand nowhere. */
const secrets = new Set<string>([header, cookie, query, passwordOf('ana')])
let company: SmallCompany
let desktop: DesktopApp
let logs: string
let local: string

beforeAll(async () => {
  company = await startSmallCompany({
    around: async (context, next) => {
      await next()
      keep(context.href)
      keep(context.response.get('location'))
      for (const set of [context.response.headers['set-cookie'] ?? []].flat()) {
        const [pair = ''] = String(set).split(';')
        const value = pair.slice(pair.indexOf('=') + 1)
        // One that is taken away is empty.
        if (value !== '') secrets.add(value)
      }
      const body = context.body as Record<string, unknown> | undefined
      for (const name of ['access_token', 'refresh_token', 'id_token'])
        if (typeof body?.[name] === 'string') secrets.add(body[name])
    },
  })
  local = `http://localhost:${company.localPort}`
  desktop = await startDesktopApp({
    electron: inject('electron'),
    async prepare({ home }) {
      logs = join(home, 'jetway/desktop/logs')
      await mkdir(logs, { recursive: true, mode: 0o700 })
      await writeFile(join(logs, 'main.log'), `${'x'.repeat(mostBytes - 1)}\n`, { mode: 0o600 })
    },
  })
})
afterAll(async () => {
  await desktop?.close()
  await company?.close()
})

/** What of an address of a sign-in is a secret: the whole of it, and each of these. */
function keep(address: string): void {
  if (!URL.canParse(address)) return
  const { searchParams, href } = new URL(address)
  if (searchParams.has('state')) secrets.add(href)
  for (const name of ['code', 'state', 'nonce', 'code_challenge']) {
    const value = searchParams.get(name)
    if (value !== null) secrets.add(value)
  }
}

/** Every file under a folder, with what is in it; sockets and links are none. */
async function filesIn(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  // Chromium takes some of its own away again.
  const read = paths.map(async (path) => [path, await readFile(path, 'latin1').catch(() => '')] as const)
  return new Map(await Promise.all(read))
}

const eventsOf = async (): Promise<string[]> =>
  (await readFile(join(logs, 'main.log'), 'utf8').catch(() => ''))
    .trim()
    .split('\n')
    .flatMap((line) => (line === '' ? [] : (JSON.parse(line) as { event: string }).event))

test('a log that is full makes room before the next line', async () => {
  const full = await eventually('the full one is put aside', () =>
    stat(join(logs, 'main.log.1')).catch(() => null),
  )
  expect(full.size).toBe(mostBytes)
  await eventually('a line', async () => (await eventsOf()).includes('engine-attached'))
  expect((await stat(join(logs, 'main.log'))).mode & 0o777).toBe(0o600)
})

test('a sign-in, a refusal, and processes that end', async () => {
  await connectFirst(desktop, company, 'ana')
  const headers = { authorization: header, cookie }
  expect((await fetch(`${local}/api/v2/dags?${query}`, { headers })).status).toBe(200)
  const refused = await fetch(`${local}/api/v2/dags/hello/dagRuns?${query}`, {
    method: 'POST',
    headers,
    body: '{}',
  })
  expect(refused.status).toBe(403)

  const { pid } = await desktop.control.request('status', {})
  process.kill(pid, 'SIGKILL')
  await eventually('another engine', async () => (await eventsOf()).includes('engine-exited'))
  await eventually('it works', () =>
    fetch(`${local}/api/v2/dags`).then(
      ({ status }) => status === 200,
      () => false,
    ),
  )
  const renderer = await desktop.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId(),
  )
  process.kill(renderer as number, 'SIGKILL')
  await eventually('the crash is in the log', async () => (await eventsOf()).includes('renderer-gone'))
})

test('nothing of it is in any file that the app has written', async () => {
  // Cookies, a code, and tokens of two engines: were there none, nothing would have been looked for.
  expect(secrets.size).toBeGreaterThan(12)
  const files = await filesIn(desktop.home)
  expect([...files.keys()]).toEqual(
    expect.arrayContaining([join(logs, 'main.log'), join(logs, 'main.log.1')]),
  )
  for (const [path, text] of files) {
    for (const secret of secrets) expect(text.includes(secret), `${path} has ${secret}`).toBe(false)
  }
  for (const name of await readdir(logs)) {
    const text = files.get(join(logs, name))
    expect(text).not.toMatch(/eyJ|\bcode=|\bstate=|\/auth\?|[Bb]earer/)
  }
})
