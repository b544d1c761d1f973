import { expect, test } from 'vitest'
import { waysOfPacAnswer } from '../../../../main/proxy/pac-answer.ts'
import { ResolveProxies } from '../../../../main/proxy/resolve-proxies.ts'

test.each<[string, string[]]>([
  ['DIRECT', ['direct']],
  ['PROXY proxy.example:3128', ['http://proxy.example:3128']],
  ['PROXY one:3128; HTTPS two:443 ;DIRECT', ['http://one:3128', 'https://two:443', 'direct']],
  ['PROXY [::1]:3128', ['http://[::1]:3128']],
  ['SOCKS5 one:1080; PROXY two:8080', ['http://two:8080']],
  ['SOCKS5 one:1080', ['other://SOCKS5']],
  ['QUIC one:443', ['other://QUIC']],
  ['PROXY', ['other://PROXY']],
  ['PROXY one two', ['other://PROXY']],
  ['PROXY user:secret@one:80', ['other://PROXY']],
  ['DIRECT elsewhere', ['other://DIRECT']],
  ['', ['other://']],
])('%s', (answer, ways) => expect(waysOfPacAnswer(answer)).toEqual(ways))

test.each<[string, NodeJS.ProcessEnv, string[] | null]>([
  ['system', {}, ['http://pac.example:3128']],
  ['system', { https_proxy: 'http://ana:secret@env.example' }, null],
  ['none', { https_proxy: 'http://env.example' }, ['direct']],
  ['http://set.example:8080/', { https_proxy: 'http://env.example' }, ['http://set.example:8080']],
])('the setting %s with %j is answered with %j', async (setting, env, proxies) => {
  const asked: unknown[] = []
  const ways = new ResolveProxies({
    request: async (method, params) => {
      asked.push([method, params])
      return null as never
    },
    setting: () => setting,
    resolveProxy: async () => 'PROXY pac.example:3128',
    brokenPac: async () => null,
    env,
  })
  await ways.wanted({ id: 4, url: 'https://relay.example' })
  expect(asked).toEqual([['answerProxy', { id: 4, proxies }]])
})
