import assert from 'node:assert/strict'
import { type CompanyEnvironment, parseCompanyFile } from '#client/company/company-file.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { isLoopback } from '#shared/loopback.ts'
import { ascii, type Target } from '../target.ts'

const seed = `version: 1
environments:
  - name: prod
    relayUrl: https://relay.example.com
    ca: company-ca.pem
    color: red
    production: true
    ports: { airflow: 8080, docs: 8081 }
  - { name: dev, relayUrl: "http://127.0.0.1:9000" }
`
const structure = new Set('{}[]:,\n'.split('').map((c) => c.charCodeAt(0)))

/** A company's list of environments: refused with lines, or relays that may be asked and names that can be typed. */
export const companyFile: Target = {
  name: 'company-file',
  seeds: [seed, 'version: 1\nenvironments: []\n'].map(ascii),
  words: [
    '&a ',
    '*a',
    '<<: ',
    '? ',
    '!!binary ',
    '- ',
    '__proto__: ',
    'https://u:p@',
    'http://[::1]',
    'HTTP://',
    '%2f',
    '/../',
    '#',
    '1e999',
    '0x50',
    '\\u0000',
    '\xff',
    '[[[[[[[[',
  ].map(ascii),
  cuts: (input) => [...input.keys()].filter((at) => structure.has(input[at] as number)),
  run(input) {
    const environments = listOrNone(Buffer.from(input).toString('utf8'))
    for (const { name, relayUrl, ports = {} } of environments) {
      assert.match(name, /^[a-z0-9][a-z0-9-]{0,63}$/)
      const url = new URL(relayUrl)
      assert.equal(url.origin, relayUrl)
      assert(url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)))
      for (const port of Object.values(ports)) assert(Number.isInteger(port) && port > 0 && port < 65_536)
    }
    assert.equal(new Set(environments.map(({ name }) => name)).size, environments.length)
    assert.equal(new Set(environments.map(({ relayUrl }) => relayUrl)).size, environments.length)
  },
}

function listOrNone(text: string): CompanyEnvironment[] {
  try {
    return parseCompanyFile('f.yaml', text)
  } catch (error) {
    if (!(error instanceof JetwayError) || error.code !== 'COMPANY_FILE_INVALID') throw error
    assert.match(error.message, /^f\.yaml:\d+ /)
    return []
  }
}
