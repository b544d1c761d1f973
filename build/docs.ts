/**
 * `npm run docs`: writes the documents that are made out of the code. `--check` only says whether they are current.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { z } from 'zod'
import { catalogue } from '#shared/airflow/catalogue.ts'
import type { Operation, Verb } from '#shared/airflow/operation.ts'
import { allVerbs, leastRoleOfVerb } from '#shared/airflow/roles.ts'
import { errorTable } from '#shared/errors/table.ts'
import { createProgram } from '../cli/program.ts'
import { relaySchema } from '../relay/config/schema.ts'
import { cedarSchema } from '../relay/policy/schema.ts'
import { createProgram as createRelayProgram } from '../relay/program.ts'
import { say } from './setup/steps.ts'

const documents = {
  'errors.md': errors(),
  'airflow-verbs.md': verbs(),
  'relay-config.md': config(),
  'cli.md': cli(),
  'relay-cli.md': relayCli(),
  'jetway.cedarschema': cedarSchema(),
}
const folder = join(import.meta.dirname, '../docs')
const read = (name: string) => {
  try {
    return readFileSync(join(folder, name), 'utf8')
  } catch {
    return null
  }
}
const stale = Object.entries(documents).filter(([name, text]) => read(name) !== text)
if (!process.argv.includes('--check')) {
  for (const [name, text] of stale) writeFileSync(join(folder, name), text)
} else if (stale.length > 0) {
  say(`Not current: ${stale.map(([name]) => `docs/${name}`).join(', ')}. Run: npm run docs`)
  process.exit(1)
}

function errors(): string {
  const rows = Object.entries(errorTable).map(([code, e]) =>
    row(
      `\`${code}\``,
      `**${e.title}.** ${e.detail} ${e.action}`,
      e.http,
      e.wire,
      e.exit,
      e.retry ? 'yes' : 'no',
    ),
  )
  return document(
    'Errors',
    `Every error of Jetway, from \`shared/errors/table.ts\`. Over HTTP it is \`application/problem+json\` (RFC 9457) with
the code in \`code\`, for a browser a page with the same words. \`wire\` is the number in the tunnel's frames (the
WebSocket close code is 4000 more), \`exit\` the exit code of the command line. *Retry* says whether the same attempt
can succeed later without anyone changing anything.`,
    [
      row('Code', 'What is said', 'HTTP', 'wire', 'exit', 'retry'),
      row('---', '---', '---', '---', '---', '---'),
      ...rows,
    ].join('\n'),
  )
}

function verbs(): string {
  const sections = allVerbs.map((verb) => {
    const role = leastRoleOfVerb.get(verb)
    const [of3, of2] = ([3, 2] as const).map((airflow) =>
      catalogue
        .filter((row) => row.airflow === airflow && row.id !== 'ui.page')
        .filter((row) => row.verb === verb || row.also.includes(verb))
        .map((row) => `- ${row.method} \`${row.path}\`${notesOf(row, verb, role)}`),
    )
    const pages = verb === 'ui.view' ? ['- the pages and static files of the web interface'] : []
    const lists = [
      [...(of3 ?? []), ...pages].join('\n'),
      of2?.length ? `Airflow 2:\n\n${of2.join('\n')}` : '',
    ]
    return [`### ${verb}`, `Airflow's role: ${role}`, ...lists].filter(Boolean).join('\n\n')
  })
  const closed = catalogue.filter(({ verb }) => verb === null)
  const closedLines = [
    ...new Set(closed.map(({ method, path, id }) => `- ${id === 'closed' ? 'any' : method} \`${path}\``)),
  ]
  return document(
    'Verbs',
    `What a policy speaks of, and the operations of Airflow 3.3.2 and 2.11.2 that each verb covers. A built-in role
(\`viewer\`, \`user\`, \`op\`, \`admin\`) has the verbs that take this role or less in Airflow. An operation that is not
here is denied.

A request is allowed only if everything that it touches is. What it touches is said by its path, and where it is so noted
by its query or its body. What is of no DAG takes a grant on \`*\`, and so does a path whose DAG id is \`~\` or that names
none, except:

- *query*: that parameter names the only DAGs that it is about.
- *body*: the body names them, each with what is done to it. A body of another shape is refused.
- *narrowed*: with \`listNarrowing: airflow\`, a grant on some DAGs is enough, and Airflow shows no others.`,
    `${sections.join('\n\n')}\n\n### Closed to everyone\n\n${closedLines.join('\n')}`,
  )
}

function notesOf(row: Operation, verb: Verb, role: string | undefined): string {
  const notes = [
    ...[row.verb, ...row.also].filter((other) => other !== verb).map((other) => `with ${other}`),
    ...(row.minRole !== role && row.airflow === 2 ? [`role ${row.minRole}`] : []),
    ...(row.dagQuery ? [`query ${row.dagQuery}`] : []),
    ...(row.body ? ['body'] : []),
    ...(row.narrowed ? ['narrowed'] : []),
  ]
  return notes.length > 0 ? ` (${notes.join(', ')})` : ''
}

interface Schema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  /** One for each `type`. */
  readonly oneOf?: readonly Schema[]
}

function config(): string {
  // A key that several kinds have in common is said once.
  const rows = new Set<string>()
  const walk = (schema: Schema, path: string) => {
    for (const [name, value] of Object.entries(schema.properties ?? {})) {
      const at = path === '' ? name : `${path}.${name}`
      const isRequired = (schema.required ?? []).includes(name) && value.default === undefined
      rows.add(
        row(
          `\`${at}\``,
          value.description ?? '',
          kindOf(value),
          isRequired ? 'required' : shown(value.default),
        ),
      )
      walk(value, at)
      const named = typeof value.additionalProperties === 'object' ? value.additionalProperties : {}
      for (const kind of named.oneOf ?? [named]) walk(kind, `${at}.<name>`)
      for (const kind of value.items?.oneOf ?? [value.items ?? {}]) walk(kind, `${at}[]`)
    }
  }
  walk(z.toJSONSchema(relaySchema, { io: 'input', unrepresentable: 'any' }) as Schema, '')
  return document(
    'The relay’s configuration',
    `One YAML document, made by \`jetway-relay init\`, checked by \`jetway-relay check\`. A key that is not here is a
mistake. Paths of files are relative to the document. Which keys a service has depends on its \`type\`.`,
    [row('Key', 'What it is', 'Value', 'Default'), row('---', '---', '---', '---'), ...rows].join('\n'),
  )
}

function kindOf(schema: Schema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ')
  if (schema.oneOf) return 'map'
  if (schema.anyOf) return [...new Set(schema.anyOf.flatMap((one) => kindOf(one).split(' or ')))].join(' or ')
  if (schema.type === 'array') return `list of ${schema.items ? kindOf(schema.items) : 'anything'}`
  if (schema.type === 'object') return schema.properties ? 'map' : 'map by name'
  if (schema.type === 'integer') return `${schema.minimum} to ${schema.maximum}`
  return [schema.type ?? ''].flat().join(' or ')
}

function shown(value: unknown): string {
  return value === undefined ? '' : `\`${JSON.stringify(value)}\``
}

function cli(): string {
  const silent = { say() {}, note() {}, error() {} }
  return document(
    'The command line',
    'Printed by `jetway --help` and `jetway <command> --help`.',
    helpOf(createProgram(silent, () => {})),
  )
}

function relayCli(): string {
  return document(
    'The command line of the relay',
    'Printed by `jetway-relay --help` and `jetway-relay <command> --help`.',
    helpOf(createRelayProgram(() => {})),
  )
}

function helpOf(command: Command): string {
  let text = ''
  command.configureHelp({ helpWidth: 100 }).configureOutput({ writeOut: (part) => (text += part) })
  command.outputHelp()
  const help = `\`\`\`\n${text.trim()}\n\`\`\``
  return [help, ...command.commands.map(helpOf)].join('\n\n')
}

function row(...cells: readonly (string | number)[]): string {
  return `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
}

function document(title: string, introduction: string, body: string): string {
  return `# ${title}\n\n<!-- Made by \`npm run docs\`; do not edit. -->\n\n${introduction}\n\n${body}\n`
}
