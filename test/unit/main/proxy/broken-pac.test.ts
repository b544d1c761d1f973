import { expect, test } from 'vitest'
import type { Finding } from '#shared/ipc/finding.ts'
import { brokenPacFinding, brokenPacIn } from '../../../../main/proxy/broken-pac.ts'
import { ResolveProxies } from '../../../../main/proxy/resolve-proxies.ts'

const url = 'http://pac.example/proxy.pac'
const [fetching, failing] = [26, 36]
/** As Chromium 130 writes it, without what nobody reads. */
const netLog = (o: { original?: object; effective?: object; events?: object[] }) =>
  JSON.stringify({
    constants: {
      logEventTypes: { PAC_FILE_DECIDER_FETCH_PAC_SCRIPT: fetching, PAC_JAVASCRIPT_ERROR: failing },
    },
    events: [{ type: 1, phase: 0, params: { net_error: -1, headers: [] } }, ...(o.events ?? [])],
    polledData: {
      proxySettings: { original: o.original ?? { pac_url: url }, effective: o.effective ?? { pac_url: url } },
    },
  })
const began = { type: fetching, phase: 1, params: { source: `Custom PAC URL: ${url}` } }

test.each<[string, Parameters<typeof netLog>[0], string | null]>([
  ['there is none', { original: {}, effective: {} }, null],
  ['it works', { events: [began, { type: fetching, phase: 2 }] }, null],
  ['it was fetched before', {}, null],
  [
    'it is not found',
    { effective: {}, events: [began, { type: fetching, phase: 2, params: { net_error: -379 } }] },
    'fetch',
  ],
  ['it does not come in time', { events: [began] }, 'fetch'],
  ['it is no script', { effective: {}, events: [began, { type: fetching, phase: 2 }] }, 'script'],
  [
    'it fails when it is asked',
    { events: [{ type: failing, phase: 0, params: { message: 'x' } }] },
    'script',
  ],
])('%s', (_, log, why) => expect(brokenPacIn(netLog(log))).toEqual(why && { url, why }))

test.each(['', '{}', '[]', netLog({}).replace('PAC_JAVASCRIPT_ERROR', 'GONE')])(
  'what is no net log says nothing: %s',
  (log) => expect(() => brokenPacIn(log)).toThrow(),
)

test.each([
  ['http://ana:secret@pac.example/p.pac?token=secret', 'http://pac.example/p.pac cannot'],
  ['data:text/plain,secret', 'The script cannot'],
  ['secret', 'The script cannot'],
])('%s is named without a secret', (address, name) => {
  const { detail } = brokenPacFinding({ url: address, why: 'fetch' })
  expect(detail).toContain(name)
  expect(detail).not.toContain('secret')
})

const proxyFinding: Finding = {
  check: 'proxy',
  state: 'ok',
  title: 'There is no proxy on the way',
  detail: null,
  action: null,
  durationMs: 3,
}
const named = { state: 'warning', title: 'This machine’s proxy script does not work', durationMs: 3 }

test.each<[string, NodeJS.ProcessEnv, Finding, object]>([
  ['system', {}, proxyFinding, named],
  ['system', {}, { ...proxyFinding, state: 'failed' }, { state: 'failed' }],
  ['system', {}, { ...proxyFinding, check: 'dns' }, { state: 'ok' }],
  ['system', { HTTPS_PROXY: 'http://env.example' }, proxyFinding, { state: 'ok' }],
  ['none', {}, proxyFinding, { state: 'ok' }],
  ['http://set.example', {}, proxyFinding, { state: 'ok' }],
])('with the setting %s and %j the finding %j becomes %j', async (setting, env, found, becomes) => {
  const proxies = new ResolveProxies({
    request: async () => null as never,
    setting: () => setting,
    resolveProxy: async () => 'DIRECT',
    brokenPac: async () => ({ url, why: 'fetch' }),
    env,
  })
  expect(await proxies.complete('https://relay.example', async () => [found])).toMatchObject([becomes])
})
