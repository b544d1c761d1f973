import { Command, CommanderError, Option } from 'commander'
import { asJetwayError } from '#shared/errors/jetway-error.ts'
import { errorTable } from '#shared/errors/table.ts'
import { version } from '#shared/version.ts'
import { restore, revocableKinds, revocations, revoke } from './commands/access.ts'
import { addAuditCommands } from './commands/audit.ts'
import { check } from './commands/check.ts'
import { doctorIdentity } from './commands/doctor.ts'
import { init } from './commands/init.ts'
import { addKeysCommands } from './commands/keys.ts'
import { addPolicyCommands } from './commands/policy.ts'
import { reload } from './commands/reload.ts'
import { endRequest, listRequests } from './commands/requests.ts'
import { serve } from './commands/serve.ts'
import { endSessions, listSessions } from './commands/sessions.ts'
import { listSigningKeys, rotateSigningKeys } from './commands/signing-keys.ts'
import { status } from './commands/status.ts'

const configOption = ['-c, --config <file>', 'the configuration', 'relay.yaml'] as const

const jsonOption = ['--json', 'as JSON'] as const

/** The command line of `jetway-relay`; docs/relay-cli.md is generated from it. */
export function createProgram(setExitCode: (code: number) => void): Command {
  const program = new Command('jetway-relay')
    .description(
      'The layer in front of Airflow that decides who gets in, what they may do, and keeps the evidence.',
    )
    .version(version)
    .exitOverride()
  program
    .command('serve')
    .description('Run the relay until SIGTERM, which lets what was begun finish.')
    .option(...configOption)
    .action(serve)
  program
    .command('reload')
    .description(
      'Have the relay that runs read its configuration anew: try it, say whose access it changes, swap it, and let what was begun end as it was. It goes on as it was when that fails.',
    )
    .option(...configOption)
    .option('--allow-widening', 'also when someone can do more than before', false)
    .option('--dry-run', 'try and say, and do not swap', false)
    .option('--json', 'one JSON object instead of words', false)
    .action(reload)
  program
    .command('status')
    .description('What the relay that runs does.')
    .option(...configOption)
    .option('--json', 'one JSON object instead of words', false)
    .action(status)
  program
    .command('check')
    .description('Name every mistake of a configuration with its line. Changes nothing.')
    .option(...configOption)
    .action(check)
  program
    .command('doctor')
    .description('Try what the relay depends on, and say what is missing.')
    .command('identity')
    .description('Try everyone who may say who someone is: metadata, keys, clock, what sign-in needs.')
    .option(...configOption)
    .option('--token-file <file>', 'an access token, to say what is missing in it; - for standard input')
    .option('--json', 'one JSON object instead of words', false)
    .action(doctorIdentity)
    .addHelpText(
      'after',
      `
Run it on the relay's own machine, whose clock and network count. A token is never shown; of it only its type, algorithm,
issuer, audience, times and the groups that the policy speaks of. Exit code 0 when nothing failed, 1 when something did,
78 when the configuration is not valid.`,
    )
  program
    .command('init')
    .description('Write a configuration and the keys it needs into a folder, to be filled in.')
    .argument('[folder]', 'where', '.')
    .requiredOption('--url <url>', 'where people reach the relay, e.g. https://airflow.example.com')
    .requiredOption('--airflow <url>', 'where Airflow’s api-server answers, e.g. http://127.0.0.1:8080')
    .requiredOption('--issuer <url>', 'the OpenID provider')
    .option('--client-id <id>', 'the public client registered at the provider', 'jetway')
    .option('--audience <name>', 'what access tokens for this relay carry as `aud`', 'jetway-relay')
    .action(init)
  program
    .command('revoke')
    .description(
      'Shut someone out at once, however they sign in: what they have open ends, their tokens are refused.',
    )
    .argument('<who>', 'an e-mail address, a name as the audit log shows it, a subject; or what --kind says')
    .addOption(kindOption().default('person'))
    .option('--issuer <url>', 'only who comes from this provider')
    .requiredOption('--reason <text>', 'why, for those who look later')
    .option('--for <time>', '30m, 8h or 7d; without it until it is restored')
    .option(...configOption)
    .option(...jsonOption)
    .action(revoke)
  program
    .command('restore')
    .description('Give back what was revoked, and take back that something was ended.')
    .argument('<who>', 'as it was revoked')
    .addOption(kindOption())
    .option(...configOption)
    .option(...jsonOption)
    .action(restore)
  program
    .command('revocations')
    .description('Who is shut out, and who has to sign in again.')
    .option(...configOption)
    .option(...jsonOption)
    .action(revocations)
  addSessionCommands(program.command('sessions').description('Who is connected, and how that ends.'))
  addRequestCommands(
    program.command('requests').description('Requests for access at the relay that runs, and how one ends.'),
  )
  addSigningKeyCommands(
    program.command('signing-keys').description('The keys that a relay that runs makes and signs with.'),
  )
  addKeysCommands(
    program.command('keys').description('Make, list and revoke access keys of machines.'),
    configOption,
  )
  addAuditCommands(
    program.command('audit').description('Verify, search and export the audit log.'),
    configOption,
  )
  addPolicyCommands(
    program.command('policy').description('Check, explain, test, compare and tighten who may do what.'),
    configOption,
    setExitCode,
  )
  return program
}

function addSessionCommands(sessions: Command): void {
  sessions
    .command('list', { isDefault: true })
    .description('Who is in, since when, from where, with what, how they signed in, and what they did.')
    .option(...configOption)
    .option(...jsonOption)
    .action(listSessions)
  sessions
    .command('end')
    .description(
      'End sessions, and the sign-ins that they came from: clients do not come back by themselves, people may sign in again. To shut someone out: revoke.',
    )
    .argument('[session]', 'its id, as sessions list shows it')
    .option(
      '--person <who>',
      'all of someone: an e-mail address, a name as the audit log shows it, a subject',
    )
    .option('--all', 'those of everyone')
    .option('--reason <text>', 'why, for those who look later', 'ended by an operator')
    .option('--yes', 'do not ask')
    .option(...configOption)
    .option(...jsonOption)
    .action(endSessions)
}

function addRequestCommands(requests: Command): void {
  requests
    .command('list', { isDefault: true })
    .description('Who asked for what, who decided, and what holds; also what ended in the last day.')
    .option(...configOption)
    .option(...jsonOption)
    .action(listRequests)
  requests
    .command('end')
    .description('End one, whether it waits or was approved: what goes on under it alone ends with it.')
    .argument('<id>', 'of the request')
    .requiredOption('--reason <text>', 'why, for those who look later')
    .option(...configOption)
    .option(...jsonOption)
    .action(endRequest)
}

function addSigningKeyCommands(keys: Command): void {
  keys
    .command('list', { isDefault: true })
    .description('Which key signs, which comes next, and which are still believed.')
    .option(...configOption)
    .option(...jsonOption)
    .action(listSigningKeys)
  keys
    .command('rotate')
    .description(
      'Have other keys sign: from when everyone can know them. The ones before are believed as long as something that they signed is good.',
    )
    .argument('[path]', 'of one place in the configuration, as signing-keys list shows it; else of all')
    .option('--now', 'at once, and believe the ones before no more: when someone else has them')
    .option(...configOption)
    .option(...jsonOption)
    .action(rotateSigningKeys)
}

function kindOption(): Option {
  return new Option(
    '--kind <kind>',
    'person; session: of the relay, or of the provider (sid); token: an access token (jti)',
  ).choices(revocableKinds)
}

/** Runs one command line. @returns the exit code */
export async function run(argv: readonly string[]): Promise<number> {
  let exitCode = 0
  const program = createProgram((code) => {
    exitCode = code
  })
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : errorTable.USAGE.exit
    const known = asJetwayError(error)
    process.stderr.write(`${known.entry.title}\n${known.message}\n${known.action}\n`)
    if (known.code === 'INTERNAL') process.stderr.write(`${(known.cause as Error)?.stack ?? known.cause}\n`)
    return known.entry.exit
  }
}
