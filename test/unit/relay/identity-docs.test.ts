import { chmod, copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { relayConfig } from '#shared/config/relay-config.ts'
import { makeAuditKey } from '../../../relay/audit/audit-key.ts'
import { loadConfig } from '../../../relay/config/load.ts'
import { makeAirflowKeys } from '../../../relay/upstream/airflow-keys.ts'

const folder = join(import.meta.dirname, '../../../docs/identity')
const tls = join(import.meta.dirname, '../../fixtures/tls')
const names = (await readdir(folder)).filter((name) => name.endsWith('.md'))
const pages = await Promise.all(
  names.map(async (name) => ({ name, text: await readFile(join(folder, name), 'utf8') })),
)
/** Each block of configuration, with where it begins. */
const blocks = pages.flatMap(({ name, text }) =>
  [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length
    return { where: `${name}:${line}`, block: parse(match[1] as string) as Block }
  }),
)

interface Block {
  readonly identity: Readonly<Record<string, unknown>>
}

/** Ways that are on their way, and are tried as soon as the configuration knows them. */
const coming = ['saml', 'aws', 'federation', 'signedHeaders']
const known = Object.keys(relayConfig.shape.identity.shape)
const isKnown = ({ identity }: Block) =>
  Object.keys(identity).every((key) => known.includes(key) || !coming.includes(key))

const base = {
  version: 1,
  publicUrl: 'https://airflow.example.com',
  listen: { plain: true },
  services: {
    airflow: { type: 'airflow', url: 'http://127.0.0.1:8080', identity: { keyFile: 'relay.pem' } },
  },
  policy: { contact: 'Ask us.', grants: [] },
  audit: { file: 'audit.jsonl', keyFile: 'audit.pem' },
}
const people = { oidc: { issuer: 'https://id.example.com', clientId: 'jetway', audience: 'relay' } }
const metadata = '<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x"/>'

test('there is a page for each provider, which says what was tried', () => {
  expect(names.sort()).toEqual([
    'README.md',
    'auth0.md',
    'aws.md',
    'entra.md',
    'github-actions.md',
    'google.md',
    'keycloak.md',
    'okta.md',
    'saml.md',
    'signed-headers.md',
  ])
  for (const { name, text } of pages) if (name !== 'README.md') expect(text).toMatch(/^# .+\n\n> .*tried/i)
})

describe.each(blocks)('$where', ({ block }) => {
  test.skipIf(!isKnown(block))('loads', async () => {
    const own = await mkdtemp(join(tmpdir(), 'identity-docs-'))
    onTestFinished(() => rm(own, { recursive: true }))
    for (const { name, content, mode } of [...makeAirflowKeys(), ...makeAuditKey('relay.test/audit')])
      await writeFile(join(own, name), content, { mode })
    await writeFile(join(own, 'google-metadata.xml'), metadata)
    for (const end of ['crt', 'key']) {
      await copyFile(join(tls, `localhost.${end}`), join(own, `balancer.${end}`))
      await chmod(join(own, `balancer.${end}`), 0o600)
    }
    const identity = 'saml' in block.identity ? block.identity : { ...people, ...block.identity }
    await writeFile(join(own, 'relay.yaml'), stringify({ ...base, ...block, identity }))
    expect(() => loadConfig(join(own, 'relay.yaml'))).not.toThrow()
  })
})

test('what the pages link to among themselves is there', () => {
  const files = new Set(names)
  for (const { name, text } of pages) {
    for (const [, target = ''] of text.matchAll(/\]\(([a-z0-9-]+\.md|README\.md)(?:#[a-z-]+)?\)/gi))
      expect(files, `${name} → ${target}`).toContain(target)
  }
})
