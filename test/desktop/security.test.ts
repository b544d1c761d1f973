import { readdirSync, readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type SignedInDesktop, startSignedInDesktop } from '../support/signed-in-desktop.ts'

/** What the app’s page is kept from, asserted in the running app with someone signed in. */
let desktop: SignedInDesktop

beforeAll(async () => {
  desktop = await startSignedInDesktop(inject('electron'))
  await desktop.window.getByText('ana@example.com').first().waitFor()
})
afterAll(() => desktop?.close())

const inPage = <T>(script: string) => desktop.window.evaluate(script) as Promise<T>
const logged = (event: string) =>
  eventually(`${event} in the log`, async () => desktop.output().includes(`"event":"${event}"`))

test('the page is sandboxed, isolated, and without Node', async () => {
  const preferences = await desktop.app.evaluate(({ webContents }) =>
    webContents.getAllWebContents().map((contents) => {
      // Not in Electron's types
      const { getLastWebPreferences } = contents as unknown as {
        getLastWebPreferences(): Record<string, unknown>
      }
      const p = getLastWebPreferences.call(contents)
      return [p.sandbox, p.contextIsolation, p.nodeIntegration, p.webviewTag, p.webSecurity ?? true]
    }),
  )
  expect(preferences).toEqual([[true, true, false, false, true]])
  const names = ['require', 'process', 'module', 'Buffer', 'global', 'electron']
  expect(await inPage(`${JSON.stringify(names)}.filter((name) => name in globalThis)`)).toEqual([])
})

test('the bridge is frozen and has functions only, and cannot be replaced', async () => {
  expect(
    await inPage(
      `[Object.isFrozen(jetway), [...new Set(Object.values(jetway).map((it) => typeof it))].join()]`,
    ),
  ).toEqual([true, 'function'])
  expect(
    await inPage(`(() => { try { window.jetway = {} } catch {} return typeof window.jetway.getState })()`),
  ).toBe('function')
})

test('the policy of the page refuses whatever it does not name', async () => {
  const policy = await desktop.app.evaluate(async ({ net }) => {
    const response = await net.fetch('app://jetway/index.html')
    return response.headers.get('content-security-policy')
  })
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toMatch(/unsafe-|https?:|data:|blob:|\*/)
  // What a page could be made to load, each in its own way
  const refused = await inPage(`Promise.all([
    ['connect-src', () => fetch('https://example.com').catch(() => {})],
    ['img-src', () => { new Image().src = 'https://example.com/x.png' }],
    ['frame-src', () => { const it = document.createElement('iframe'); it.src = 'https://example.com'; document.body.append(it) }],
    ['script-src-elem', () => { const it = document.createElement('script'); it.textContent = '1'; document.head.append(it) }],
    ['worker-src', () => { try { new Worker('https://example.com/x.js') } catch {} }],
    ['object-src', () => { const it = document.createElement('object'); it.data = 'https://example.com'; document.body.append(it) }],
  ].map(([directive, attempt]) => new Promise((resolve) => {
    const seen = (event) => {
      if (event.effectiveDirective !== directive && !event.effectiveDirective.startsWith('require-trusted')) return
      document.removeEventListener('securitypolicyviolation', seen)
      resolve(directive)
    }
    document.addEventListener('securitypolicyviolation', seen)
    setTimeout(() => resolve('not refused: ' + directive), 5000)
    try { attempt() } catch { resolve(directive) }
  })))`)
  expect(refused).toEqual([
    'connect-src',
    'img-src',
    'frame-src',
    'script-src-elem',
    'worker-src',
    'object-src',
  ])
})

test('text becomes neither code nor a page', async () => {
  const thrown = await inPage(`[
    () => { document.body.innerHTML = '<img src=x onerror=alert(1)>' },
    () => { document.write('<p>') },
    () => { document.createElement('script').text = '1' },
  ].map((attempt) => { try { attempt(); return 'done' } catch (error) { return error.name } })`)
  expect(thrown).toEqual(['TypeError', 'TypeError', 'TypeError'])
})

test('it stays where it is, and opens nothing', async () => {
  const before = desktop.window.url()
  await inPage(`void (location.href = 'https://example.com')`)
  await logged('navigation-refused')
  expect(await inPage(`window.open('https://example.com') === null`)).toBe(true)
  await logged('window-open-refused')
  expect(await inPage(`typeof document.createElement('webview').loadURL`)).toBe('undefined')
  expect([desktop.window.url(), desktop.app.windows().length]).toEqual([before, 1])
})

test('it gets no camera, no place, no notifications, no devices', async () => {
  expect(
    await inPage(`Promise.all(['camera', 'microphone', 'geolocation', 'notifications', 'clipboard-read', 'midi'].map(
      (name) => navigator.permissions.query({ name }).then(({ state }) => state)))`),
  ).toEqual(['denied', 'denied', 'denied', 'denied', 'denied', 'denied'])
  expect(
    await inPage(`navigator.mediaDevices.getUserMedia({ video: true }).then(() => 'given', (e) => e.name)`),
  ).toMatch(/NotAllowedError|NotFoundError/)
  expect(
    await inPage(
      `new Promise((resolve) => navigator.geolocation.getCurrentPosition(() => resolve('given'), ({ code }) => resolve(code)))`,
    ),
  ).toBe(1)
  expect(await inPage(`Notification.requestPermission()`)).toBe('denied')
  expect(await inPage(`navigator.usb?.getDevices().then((all) => all.length) ?? 0`)).toBe(0)
})

test('every request is held against its schema', async () => {
  const methods = await inPage<string[]>(`Object.keys(jetway).filter((name) => !name.startsWith('on'))`)
  expect(methods.length).toBeGreaterThan(15)
  for (const params of ['{ nonsense: 1 }', 'null', '"text"', '[]', '{ environment: "../x", service: 1 }'])
    for (const method of methods) {
      const result = await inPage<{ ok: boolean; problem: { code: string } }>(`jetway.${method}(${params})`)
      expect([method, params, result.ok, result.problem?.code]).toEqual([method, params, false, 'USAGE'])
    }
  for (const relayUrl of [
    'javascript:alert(1)',
    'file:///etc/passwd',
    'jetway://add',
    `https://${'x'.repeat(3000)}`,
  ])
    expect(await inPage(`jetway.addEnvironment({ relayUrl: ${JSON.stringify(relayUrl)} })`)).toMatchObject({
      ok: false,
      problem: { code: 'USAGE' },
    })
})

test('another window’s page and a frame are refused, though they have the same address and preload', async () => {
  const said = await desktop.app.evaluate(async ({ app, BrowserWindow }) => {
    const preload = `${app.getAppPath()}/preload/preload.cjs`
    const other = new BrowserWindow({ show: false, webPreferences: { preload, sandbox: true } })
    try {
      await other.loadURL('app://jetway/index.html')
      return await other.webContents.executeJavaScript(
        `jetway.getState({}).then(() => 'answered', (error) => error.message)`,
      )
    } finally {
      other.destroy()
    }
  })
  expect(said).toContain('refused')
  await logged('ipc-refused')
  const inFrame = await inPage(`(() => {
    const frame = document.createElement('iframe')
    document.body.append(frame)
    return typeof frame.contentWindow.jetway
  })()`)
  expect(inFrame).toBe('undefined')
})

test('no token is in the page: neither in its memory nor in what it keeps', async () => {
  expect(desktop.tokens.length).toBeGreaterThanOrEqual(2)
  await inPage(`void (window.known = 'a-string-' + 'that-is-found')`)
  const heap = await heapOfPage()
  expect(heap).toContain('a-string-that-is-found')
  for (const token of desktop.tokens) expect(heap.includes(partOf(token))).toBe(false)
  const kept = await inPage<string>(
    `JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, document.documentElement.outerHTML])`,
  )
  for (const token of desktop.tokens) expect(kept.includes(partOf(token))).toBe(false)
})

test('no token is in the arguments or the environment of any process, in logs, or in any file', async () => {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const texts = processes.flatMap((pid) =>
    ['cmdline', 'environ'].map((file) => {
      try {
        return readFileSync(`/proc/${pid}/${file}`, 'latin1')
      } catch {
        // It has ended.
        return ''
      }
    }),
  )
  const files = (await readdir(desktop.session.home, { recursive: true, withFileTypes: true })).filter(
    (entry) => entry.isFile() && !entry.parentPath.includes('/company'),
  )
  expect(files.some(({ name }) => name === 'main.log')).toBe(true)
  for (const { parentPath, name } of files)
    texts.push(await readFile(join(parentPath, name), 'latin1').catch(() => ''))
  texts.push(desktop.output())
  for (const token of desktop.tokens) expect(texts.some((text) => text.includes(partOf(token)))).toBe(false)
})

/** The part that is a token’s own: the beginnings of all look alike, and a snapshot cuts long strings. */
function partOf(token: string): string {
  const own = token.includes('.') ? (token.split('.')[1] as string) : token
  return own.slice(-40)
}

async function heapOfPage(): Promise<string> {
  const devtools = await desktop.app.context().newCDPSession(desktop.window)
  let heap = ''
  devtools.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => {
    heap += chunk
  })
  await devtools.send('HeapProfiler.enable')
  await devtools.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false })
  await devtools.detach()
  return heap
}
