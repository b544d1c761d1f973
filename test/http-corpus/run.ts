/**
 * `npm run http-corpus -- <host:port>`: replays the corpus of raw requests against a server, prints what it answered as
 * it should and what it did not. Exit code 0: all as it should be; 1: something differed; 2: wrong usage.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { startRawUpstream } from '../support/raw-upstream.ts'
import { type Case, readCases } from './cases.ts'
import { check, type Server } from './check.ts'

const usage = `usage: npm run http-corpus -- <host:port> [options]

  --upstream <port>      be the upstream, on this port of 127.0.0.1: the server has to forward there.
                         Without it, what is forwarded is not seen, and cases that need an answer of
                         the upstream's are left out.
  --tls                  speak TLS
  --ca <file>            the authority of its certificate, instead of the usual ones
  --token-file <file>    an access token for the server's direct port
  --host <name>          the Host of good requests; host:port where it is not given
  --only <text>          the cases whose name has this in it
  --timeout <ms>         the longest wait for an answer; 3000 where it is not given
  --help
`

const { server, cases, upstreamPort, timeoutMs } = readArguments()
const upstream = upstreamPort === null ? null : await startRawUpstream(upstreamPort)
const way = server.bearer === null ? 'tunnel' : 'direct'
const table: Record<string, { passed: number; differed: number; 'left out': number }> = {}
const total = { passed: 0, differed: 0, 'left out': 0 }
for (const each of cases) {
  const result = await resultOf(each)
  table[each.family] ??= { passed: 0, differed: 0, 'left out': 0 }
  for (const counts of [table[each.family], total]) if (counts) counts[result] += 1
}
await upstream?.close()
console.table({ ...table, total })
process.exit(total.differed > 0 ? 1 : 0)

async function resultOf(each: Case): Promise<'passed' | 'differed' | 'left out'> {
  if ((each.only !== null && each.only !== way) || (upstream === null && each.answer.isOwn)) return 'left out'
  const { differences } = await check(each, server, upstream, timeoutMs)
  if (differences.length === 0) return 'passed'
  process.stdout.write(`${short(each.name)}\n${differences.map((each) => `    ${short(each)}\n`).join('')}`)
  return 'differed'
}

function short(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)} …` : text
}

function readArguments(): {
  server: Server
  cases: Case[]
  upstreamPort: number | null
  timeoutMs: number
} {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        upstream: { type: 'string' },
        tls: { type: 'boolean', default: false },
        ca: { type: 'string' },
        'token-file': { type: 'string' },
        host: { type: 'string' },
        only: { type: 'string', default: '' },
        timeout: { type: 'string', default: '3000' },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) {
      process.stdout.write(usage)
      process.exit(0)
    }
    const [, name = '', port = ''] = /^(.+):(\d{1,5})$/.exec(positionals[0] ?? '') ?? []
    if (name === '' || positionals.length !== 1) throw new Error('which host:port?')
    const cases = readCases().filter((each) => each.name.includes(values.only))
    if (cases.length === 0) throw new Error(`no case has this in its name: ${values.only}`)
    const file = values['token-file']
    return {
      server: {
        address: name.replace(/^\[(.*)\]$/, '$1'),
        port: Number(port),
        tls: values.tls ? { ca: values.ca === undefined ? undefined : readFileSync(values.ca) } : null,
        host: values.host ?? `${name}:${port}`,
        bearer: file === undefined ? null : readFileSync(file, 'utf8').trim(),
      },
      cases,
      upstreamPort: values.upstream === undefined ? null : Number(values.upstream),
      timeoutMs: Number(values.timeout),
    }
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}
