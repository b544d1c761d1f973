import type { Command } from 'commander'
import { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { loadConfig } from '../config/load.ts'
import { hashOfAccessKey, makeAccessKey } from '../oauth/access-key.ts'
import { subjectOfAccessKey } from '../oauth/access-key-grant.ts'
import type { AccessKey } from '../state/access-key.ts'
import { operator } from './operator.ts'
import { now, print, type StateOptions, when, withState } from './state.ts'

const daySeconds = 86_400
/** Longer than access tokens that were given for a key can live: `identity.tokens.lifetimeSeconds` and a tolerance. */
const tokensEndSeconds = 1000
const maxKeys = 1000
const network = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])

export function addKeysCommands(keys: Command, configOption: readonly [string, string, string]): void {
  const [flags, description, fallback] = configOption
  keys
    .command('create')
    .description(
      'Make a key and show it, this once. Where it goes is yours to say: it is written to stdout alone.',
    )
    .requiredOption('--name <name>', 'what it is for, e.g. nightly-export')
    .requiredOption('--group <group...>', 'the groups that it has, of those in identity.accessKeys.groups')
    .requiredOption('--days <days>', 'how long it is good, at most identity.accessKeys.maxDays')
    .option('--network <network...>', 'the addresses and networks that it may be used from, e.g. 10.0.0.0/8')
    .option(flags, description, fallback)
    .option('--json', 'as JSON')
    .action(createKey)
  keys
    .command('list')
    .description('What keys there are, who made them, when they end and were used last.')
    .option(flags, description, fallback)
    .option('--json', 'as JSON')
    .action(listKeys)
  keys
    .command('revoke')
    .description('End a key at once: what it is used for now ends as well.')
    .argument('<id>', 'as it is listed')
    .option(flags, description, fallback)
    .option('--json', 'as JSON')
    .action(revokeKey)
}

async function createKey(
  o: StateOptions & { name: string; group: string[]; days: string; network?: string[] },
): Promise<void> {
  const { accessKeys } = loadConfig(o.config).identity
  if (!accessKeys) throw usage('identity.accessKeys is not configured: this relay takes no keys.')
  const at = now()
  const groups = [...new Set(o.group)]
  const networks = [...new Set(o.network ?? [])]
  const other = groups.find((group) => !accessKeys.groups.includes(group))
  if (other !== undefined) throw usage(`${other} is not one of identity.accessKeys.groups.`)
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(o.name)) throw usage('--name takes lower-case letters, digits and -.')
  const days = Number(o.days)
  if (!Number.isInteger(days) || days < 1 || days > accessKeys.maxDays)
    throw usage(`--days takes 1 to ${accessKeys.maxDays}.`)
  const wrong = networks.find((one) => !network.safeParse(one).success)
  if (wrong !== undefined) throw usage(`--network takes addresses and networks, not ${wrong}.`)
  const { id, key } = makeAccessKey()
  const made = { id, name: o.name, groups, networks, at, expires: at + days * daySeconds }
  await withState(o, async (state) => {
    const known = (await state.accessKeys.list()).filter((one) => isGood(one, at))
    if (known.some(({ name }) => name === o.name)) throw usage(`There is a key ${o.name} already.`)
    if (known.length >= maxKeys) throw usage(`There are ${maxKeys} keys already.`)
    await state.accessKeys.add({ ...made, madeBy: operator() }, hashOfAccessKey(key))
  })
  process.stdout.write(o.json ? `${JSON.stringify({ ...made, key })}\n` : `${key}\n`)
  if (!o.json)
    process.stderr.write(
      `The key ${o.name} has the id ${id}, is good until ${when(made.expires)}, and is not shown again.\n`,
    )
}

async function listKeys(o: StateOptions): Promise<void> {
  const all = await withState(o, (state) => state.accessKeys.list())
  const at = now()
  const lines = all.map((key) =>
    [
      `${key.id}  ${key.name}  ${stateOf(key, at)}  ${key.groups.join(', ')}`,
      key.networks.length > 0 ? `from ${key.networks.join(', ')}` : '',
      `made by ${key.madeBy} at ${when(key.at)}`,
      key.usedAt === null ? 'never used' : `used last at ${when(key.usedAt)} from ${key.usedFrom}`,
    ]
      .filter(Boolean)
      .join('; '),
  )
  print(o, all, lines.length > 0 ? lines : ['There are no keys.'])
}

async function revokeKey(id: string, o: StateOptions): Promise<void> {
  const at = now()
  const by = operator()
  await withState(o, async (state) => {
    if (!(await state.accessKeys.revoke(id, at))) throw usage(`There is no key ${id} to revoke.`)
    // Of the tokens that were given for it the relay that runs hears by this.
    await state.revocations.add({
      kind: 'person',
      who: subjectOfAccessKey(id),
      issuer: null,
      effect: 'revoked',
      reason: 'its access key was revoked',
      by,
      at,
      until: at + tokensEndSeconds,
    })
  })
  print(o, { id, revokedAt: at, by }, [`The key ${id} is revoked.`])
}

function isGood({ revokedAt, expires }: AccessKey, at: number): boolean {
  return revokedAt === null && expires > at
}

function stateOf(key: AccessKey, at: number): string {
  if (key.revokedAt !== null) return `revoked at ${when(key.revokedAt)}`
  return `${isGood(key, at) ? 'good until' : 'ended at'} ${when(key.expires)}`
}

function usage(reason: string): JetwayError {
  return new JetwayError('USAGE', { reason })
}
