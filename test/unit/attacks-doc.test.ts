import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

/** Every case that docs/attacks.md names is in the file that it names, and is run. */
const root = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')

/** By the page's headings: what is attacked, and the cases. */
const sections = new Map(
  read('docs/attacks.md')
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), rowsOf(section)] as const),
)

interface Row {
  readonly attack: string
  readonly cases: readonly { readonly file: string; readonly what: string }[]
}

function rowsOf(section: string): readonly Row[] {
  const rows = [...section.matchAll(/^\| (?!attack|---)(.+?) \| (.+) \|$/gm)]
  return rows.map(([, attack = '', cell = '']) => ({
    attack,
    cases: cell.split('<br>').flatMap((part) => {
      const [, file = ''] = /^`([^`]+)`: /.exec(part) ?? []
      return [...part.matchAll(/“([^”]+)”/g)].map(([, what = '']) => ({ file, what }))
    }),
  }))
}

/** What has to be there. */
const asked: Readonly<Record<string, readonly string[]>> = {
  JWT: [
    '`alg` none',
    'algorithm confusion',
    'embedded `jwk`',
    '`jku`',
    '`x5u`',
    'wrong `typ`',
    'wrong audience',
    'issuer mix-up',
    'key id path tricks',
    'duplicated claims',
    'huge tokens',
    'the Wycheproof JWS vectors, weak keys',
  ],
  OAuth: [
    'state',
    'nonce',
    'code replay',
    'PKCE downgrade',
    'redirect tricks',
    'second use of a refresh token',
  ],
  DPoP: Array.from({ length: 12 }, (_, i) => `${i + 1}: `),
  SAML: [
    'unsigned',
    'signature wrapping, XSW 1 to 8',
    'comment in NameID',
    'replay',
    'wrong audience',
    'wrong destination',
    'wrong recipient',
    'InResponseTo',
    'issuer',
    'expired',
    'DOCTYPE',
    'another key',
    'mixed signed and unsigned',
  ],
  AWS: [
    'another host',
    'missing challenge',
    'replayed',
    'another account',
    'session name tricks',
    'redirect',
  ],
  Headers: ['spoofed, in every case and spelling', 'direct access beside the balancer'],
}

test.each(Object.entries(asked))('%s: every attack has a test', (section, attacks) => {
  const rows = sections.get(section) ?? []
  for (const attack of attacks) {
    const row = rows.find((one) => one.attack.startsWith(attack))
    expect(row?.cases.length, attack).toBeGreaterThan(0)
  }
})

describe.each([...sections])('%s', (_section, rows) => {
  test.each(rows)('$attack', ({ cases }) => {
    for (const { file, what } of cases) {
      const source = read(file)
      const isThere = ["'", '"', '`'].some((quote) => source.includes(quote + what + quote))
      expect(isThere, `${file}: ${what}`).toBe(true)
      expect(source, file).not.toMatch(/\b(test|describe)\.(skip|only|todo)\b/)
    }
  })
})
