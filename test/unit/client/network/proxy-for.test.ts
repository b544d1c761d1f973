import { describe, expect, test } from 'vitest'
import { proxyFor } from '#client/network/proxy-for.ts'

const proxy = 'http://proxy.example:3128'
const through = (url: string, env: NodeJS.ProcessEnv) => {
  const found = proxyFor(new URL(url), env)
  return found && `${found.host}:${found.port}`
}

describe('which variable', () => {
  test.each<[string, NodeJS.ProcessEnv, string | null]>([
    ['https://relay.example', {}, null],
    ['https://relay.example', { HTTPS_PROXY: 'http://one:1', https_proxy: 'http://two:2' }, 'one:1'],
    ['wss://relay.example', { https_proxy: 'http://two:2', ALL_PROXY: 'http://three:3' }, 'two:2'],
    ['https://relay.example', { ALL_PROXY: 'http://three:3', all_proxy: 'http://four:4' }, 'three:3'],
    ['https://relay.example', { all_proxy: 'http://four:4' }, 'four:4'],
    ['https://relay.example', { HTTPS_PROXY: '', ALL_PROXY: 'http://three:3' }, 'three:3'],
    ['https://relay.example', { HTTP_PROXY: proxy, http_proxy: proxy }, null],
  ])('%s with %j: %s', (url, env, expected) => expect(through(url, env)).toBe(expected))
})

test.each([
  'https://localhost:8443',
  'https://127.0.0.1',
  'https://[::1]:8443',
  'http://127.0.0.2:8080',
  'ws://localhost',
  'http://relay.example',
])('%s never goes through a proxy', (url) => {
  expect(through(url, { HTTPS_PROXY: proxy, HTTP_PROXY: proxy, ALL_PROXY: proxy })).toBe(null)
})

describe('what it may name', () => {
  test.each<[string, object]>([
    ['http://p:3128', { host: 'p', port: 3128, isSecure: false, authorization: null }],
    ['http://p/', { host: 'p', port: 80, isSecure: false, authorization: null }],
    ['https://p', { host: 'p', port: 443, isSecure: true, authorization: null }],
    ['p:3128', { host: 'p', port: 3128, isSecure: false, authorization: null }],
    ['http://[fd00::1]:3128', { host: 'fd00::1', port: 3128, isSecure: false, authorization: null }],
    // ana:a@b:c/ü
    [
      'http://ana:a%40b%3Ac%2F%C3%BC@p:1',
      { host: 'p', port: 1, isSecure: false, authorization: `Basic ${btoa('ana:a@b:c/\xc3\xbc')}` },
    ],
    ['ana:pw@p:1', { host: 'p', port: 1, isSecure: false, authorization: 'Basic YW5hOnB3' }],
    ['http://ana@p:1', { host: 'p', port: 1, isSecure: false, authorization: 'Basic YW5hOg==' }],
  ])('%s', (value, expected) => {
    expect(proxyFor(new URL('https://relay.example'), { HTTPS_PROXY: value })).toEqual(expected)
  })

  test.each([
    'socks5://ana:secret@p:1080',
    'socks5h://p',
    'ftp://p',
    'http://ana:1/secret@p:3128',
    'http://ana:1#secret@p:3128',
    'http://ana:1?secret@p:3128',
    'http://ana:secret%zz@p:3128',
    'http://',
    'http://p:99999',
    ':',
  ])('%s is refused, and not repeated', (value) => {
    let error: unknown
    try {
      proxyFor(new URL('https://relay.example'), { HTTPS_PROXY: value })
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
    expect((error as Error).message).toContain('HTTPS_PROXY')
    expect((error as Error).message).not.toMatch(/secret|ana/)
  })
})

describe('NO_PROXY', () => {
  test.each<[string, string, 'direct' | 'proxy']>([
    ['*', 'https://relay.example', 'direct'],
    ['other, *', 'https://relay.example', 'direct'],
    ['relay.example', 'https://relay.example', 'direct'],
    ['RELAY.Example.', 'https://relay.example', 'direct'],
    ['relay.example', 'https://relay.example.', 'direct'],
    ['example', 'https://relay.example', 'direct'],
    ['.example', 'https://relay.example', 'direct'],
    ['*.example', 'https://relay.example', 'direct'],
    ['.relay.example', 'https://relay.example', 'direct'],
    ['lay.example', 'https://relay.example', 'proxy'],
    ['relay.example', 'https://relay.example.org', 'proxy'],
    ['relay', 'https://relay.example', 'proxy'],
    ['', 'https://relay.example', 'proxy'],
    [' , ,', 'https://relay.example', 'proxy'],
    ['.', 'https://relay.example', 'proxy'],
    ['*.', 'https://relay.example', 'proxy'],
    ['re*.example', 'https://relay.example', 'proxy'],
    ['a b,c\td relay.example', 'https://relay.example', 'direct'],
    ['relay.example:443', 'https://relay.example', 'direct'],
    ['relay.example:8443', 'https://relay.example:8443', 'direct'],
    ['relay.example:8443', 'https://relay.example', 'proxy'],
    ['.example:8443', 'wss://relay.example:8443', 'direct'],
    ['relay.example:', 'https://relay.example', 'proxy'],
    ['relay.example:x', 'https://relay.example', 'proxy'],
    ['10.1.2.3', 'https://10.1.2.3', 'direct'],
    ['10.1.2.3:8443', 'https://10.1.2.3:8443', 'direct'],
    ['10.1.2.3:8443', 'https://10.1.2.3', 'proxy'],
    ['2.3', 'https://10.1.2.3', 'proxy'],
    ['10.0.0.0/8', 'https://10.255.2.3', 'direct'],
    ['10.0.0.0/8', 'https://11.0.0.1', 'proxy'],
    ['10.1.2.3/32', 'https://10.1.2.3', 'direct'],
    ['10.1.2.3/31', 'https://10.1.2.4', 'proxy'],
    ['0.0.0.0/0', 'https://10.1.2.3', 'direct'],
    ['10.0.0.0/33', 'https://10.1.2.3', 'proxy'],
    ['10.0.0.0/', 'https://10.1.2.3', 'proxy'],
    ['10.0.0/8', 'https://10.1.2.3', 'proxy'],
    ['10.0.0.0/8', 'https://relay.example', 'proxy'],
    ['fd00::1', 'https://[fd00::1]', 'direct'],
    ['FD00:0:0::1', 'https://[fd00::1]:8443', 'direct'],
    ['[fd00::1]', 'https://[fd00::1]', 'direct'],
    ['[fd00::1]:8443', 'https://[fd00::1]:8443', 'direct'],
    ['[fd00::1]:8443', 'https://[fd00::1]', 'proxy'],
    ['fd00::/8', 'https://[fdff::1]', 'direct'],
    ['fd00::/8', 'https://[fe00::1]', 'proxy'],
    ['fd00::/129', 'https://[fd00::1]', 'proxy'],
    ['::/0', 'https://10.1.2.3', 'proxy'],
  ])('%j: %s goes %s', (list, url, way) => {
    expect(through(url, { HTTPS_PROXY: proxy, NO_PROXY: list })).toBe(
      way === 'direct' ? null : 'proxy.example:3128',
    )
  })

  test('in small letters too, and for ALL_PROXY', () => {
    expect(through('https://relay.example', { ALL_PROXY: proxy, no_proxy: 'relay.example' })).toBe(null)
  })
})
