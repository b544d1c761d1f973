/**
 * `npm run demo`: everything on this machine, from nothing to Airflow at localhost.
 * `npm run demo -- --headless --user ana`: the same without a display, with one JSON line when ready.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { cacheFolder } from '../build/setup/cache.ts'
import { ensureAirflow } from '../build/setup/python.ts'
import { say, step } from '../build/setup/steps.ts'
import { startDesktop } from './desktop.ts'
import { freePort } from './free-port.ts'
import { connectHeadless } from './headless.ts'
import { Processes } from './processes.ts'
import { passwordOf, people } from './provider/people.ts'
import { type Stack, startStack } from './stack.ts'

interface Options {
  readonly headless: boolean
  readonly user: string
  readonly port: number
  readonly relayPort: number
  readonly keep: boolean
}

const port = (text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 65_535) throw new InvalidArgumentError('1 to 65535.')
  return value
}

const program = new Command('npm run demo --')
  .description(
    'Production-like Airflow behind a relay, with a provider and the desktop app, on this machine.',
  )
  .option(
    '--headless',
    'no display: sign in over HTTP, connect with the CLI, print one JSON line when ready',
    false,
  )
  .addOption(
    new Option('--user <name>', 'who signs in, with --headless').choices(Object.keys(people)).default('ana'),
  )
  .option('--port <number>', 'the local port of Airflow (the next free one if taken)', port, 8080)
  .option('--relay-port <number>', 'the relay’s port (the next free one if taken)', port, 8443)
  .option('--keep', 'keep Airflow’s database, the audit log and the rest between starts', false)
  .action(main)

await program.parseAsync()

async function main(options: Options): Promise<void> {
  const processes = new Processes()
  const interrupted = interruption()
  const stateDir = options.keep ? join(cacheFolder(), 'demo') : await mkdtemp(join(tmpdir(), 'jetway-demo-'))
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  let stack: Stack | null = null
  try {
    stack = await until(interrupted, start(options, stateDir, processes))
    if (stack) await until(interrupted, processes.failure)
  } catch (error) {
    process.exitCode = 1
    say(`\n${error instanceof Error ? error.message : error}`)
  } finally {
    await step('stopping', async () => {
      await processes.stopAll()
      await stack?.close()
      if (!options.keep && process.exitCode !== 1) await rm(stateDir, { recursive: true, force: true })
    })
    // The provider's module keeps timers of its own.
    process.exit()
  }
}

async function start(options: Options, stateDir: string, processes: Processes): Promise<Stack> {
  const airflowBin = await step('Airflow’s Python packages', ensureAirflow)
  const localPort = await freePort(options.port)
  const stack = await startStack({
    stateDir,
    airflowBin,
    relayPort: options.relayPort,
    localPort,
    accessTokenSeconds: 300,
    processes,
  })
  if (options.headless) {
    const airflow = await step(`sign-in as ${options.user}, tunnel`, () =>
      connectHeadless({ stack, stateDir, user: options.user, port: null, processes }),
    )
    const { relayUrl: relay, issuer, auditLog, ca } = stack
    const ready = {
      ready: true,
      airflow,
      relay,
      issuer,
      user: options.user,
      auditLog,
      stateDir,
      ca,
      pid: process.pid,
    }
    process.stdout.write(`${JSON.stringify(ready)}\n`)
  } else {
    await startDesktop({ stack, stateDir, processes })
    say(introduction(stack, localPort, stateDir))
  }
  return stack
}

function introduction(stack: Stack, localPort: number, stateDir: string): string {
  const rows = Object.entries(people).map(
    ([id, { about }]) => `    ${id.padEnd(8)} ${passwordOf(id).padEnd(11)} ${about}`,
  )
  return `
Jetway is open. Press Connect there, or in the tray, and sign in as one of these:

${rows.join('\n')}

  Airflow, through the tunnel   http://localhost:${localPort}
  relay                         ${stack.relayUrl}  (${stack.relayConfig})
  OpenID provider               ${stack.issuer}
  audit log                     ${stack.auditLog}
  everything else               ${stateDir}

Ctrl-C stops it all.`
}

/** Resolves at the first SIGINT, SIGTERM or SIGHUP. */
function interruption(): Promise<null> {
  return new Promise((resolve) => {
    // Later ones find everything being stopped already.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(null))
  })
}

/** The value of `work`, or null when the interruption came first. */
function until<T>(interrupted: Promise<null>, work: Promise<T>): Promise<T | null> {
  return Promise.race([work, interrupted])
}
