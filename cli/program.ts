import { Command, CommanderError, Option } from 'commander'
import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import { errorTable } from '#shared/errors/table.ts'
import { version } from '#shared/version.ts'
import { access } from './commands/access.ts'
import { activity } from './commands/activity.ts'
import { connect } from './commands/connect.ts'
import { disconnect } from './commands/disconnect.ts'
import { doctor } from './commands/doctor.ts'
import { login } from './commands/login.ts'
import { logout } from './commands/logout.ts'
import { open } from './commands/open.ts'
import { ask, decide, end, requests } from './commands/requests.ts'
import { run as runProgram } from './commands/run.ts'
import { status } from './commands/status.ts'
import { whoami } from './commands/whoami.ts'
import { createOutput, type Output } from './output.ts'

const relayOption = ['--relay <url>', 'the relay’s address; remembered from then on'] as const
const caOption = ['--ca <file>', 'PEM file of the authority that signed the relay’s certificate'] as const
const envOption = [
  '--env <name>',
  'the environment, where there are several, or one that the company proposes',
] as const
const browserOption = ['--no-browser', 'print the address instead of opening a browser'] as const
const deviceOption = [
  '--device',
  'sign in on another device, with a code: for machines without a browser',
] as const
const storeOption = [
  '--token-store <kind>',
  'where the sign-in is kept: keychain, file (encrypted) or memory (default: keychain)',
] as const
const passphraseOption = ['--passphrase-file <file>', 'for --token-store file, instead of asking'] as const

const portOption = [
  '--port <[service=]port...>',
  'the local port, e.g. 8081 or airflow=8081; remembered',
] as const
const ciOption = ['--ci', 'as the job of GitHub Actions that this is; no one signs in'] as const
const audienceOption = [
  '--audience <name>',
  'for --ci: what the token is for (default: the relay’s address)',
] as const
const tokenFileOption = [
  '--token-file <file>',
  'as the machine of the token in this file, read anew before it ends',
] as const
const accessKeyFileOption = [
  '--access-key-file <file>',
  'as the machine of the access key in this file',
] as const
const machineHelp = `
A machine needs no one to sign in. Without an option, JETWAY_TOKEN, JETWAY_TOKEN_FILE, JETWAY_ACCESS_KEY or
JETWAY_ACCESS_KEY_FILE say which it is, where one of them is set:
  GitHub Actions   jetway run --ci --relay https://… -- python deploy.py      with permissions: { id-token: write }
  GitLab CI/CD     id_tokens: { JETWAY_TOKEN: { aud: https://… } }            and jetway run --relay https://… -- …
  Kubernetes       jetway connect --token-file /var/run/secrets/jetway/token  from a projected volume with the audience`

const accessHelp = `
Grants by service, with the DAGs that they are for, and what each role may do; then what is forbidden whatever the grants
say. What is written is told: what a request gets is decided when it comes.`

const activityHelp = `
It begins with what went through lately in the present connection. Whose requests they are: those of this connection, from
browsers, scripts and agents on this machine, and nobody else’s. Nothing of bodies, queries and headers is in it.`

const requestsHelp = `
What may be asked for, and who decides on it, is for whoever runs the relay to say. What is approved counts at once, and ends
by itself. Instead of a whole id, as much of it as is listed will do.
  jetway requests ask user --for 1h --reason "The close is stuck: clear one task."
  jetway requests approve 1f0c9a2e --note "Until noon."`

const doctorHelp = `
It looks at the relay’s name, a proxy on the way, the relay’s certificate, the relay and the sign-in service, clocks, the
keychain, the local ports and the connection. What needs something that failed is not looked at. Exit code 0 when nothing
failed; a warning is no failure. The report holds no secrets and can be passed on.`

/** The command line of `jetway`; docs/cli.md is generated from it. */
export function createProgram(output: Output, setExitCode: (code: number) => void): Command {
  const program = new Command('jetway')
    .description('Production Airflow at localhost, under your own name.')
    .version(version)
    .exitOverride()
    .addHelpText('after', `\nExit codes: ${exitCodes}`)

  program
    .command('login')
    .description('Sign in: in the system browser, on another device, or by this machine’s AWS identity.')
    .option(...relayOption)
    .option(...caOption)
    .option(...envOption)
    .option(...browserOption)
    .option(...deviceOption)
    .option('--fresh', 'sign in once more, where a policy asks for a fresh or a stronger sign-in')
    .option(...storeOption)
    .option(...passphraseOption)
    .option('--aws', 'by the AWS identity that this machine has; also whenever it connects from then on')
    .option('--region <region>', 'for --aws: the region whose STS is used (default: the machine’s own)')
    .addOption(new Option(...ciOption).hideHelp())
    .addOption(new Option(...tokenFileOption).hideHelp())
    .addOption(new Option(...accessKeyFileOption).hideHelp())
    .action((options) => login(options, output))
    .addHelpText(
      'after',
      `
With --device the address and the code are shown here, and the browser is on another device: nothing else of that device
takes part. Where something was refused for want of a fresher or stronger sign-in, jetway login asks the provider for that
one, and what is connected goes on with it.
A machine that comes with a token or an access key (--ci, --token-file, --access-key-file) signs nobody in: jetway whoami
says whether it is let in and as whom, jetway run and jetway connect take the same options.`,
    )
  const connecting = program
    .command('connect')
    .description('Connect, signing in first where that is needed, and stay connected until Ctrl-C.')
  addRelayOptions(connecting).option(...deviceOption)
  addIdentityOptions(connecting).action((options) => connect(options, output))
  const running = program
    .command('run')
    .description(
      'Connect, run a program that finds the services by JETWAY_AIRFLOW_URL and so on, and disconnect. Its exit code is the program’s.',
    )
    .argument('<command...>', 'the program and its arguments, after --')
  addRelayOptions(running)
  addIdentityOptions(running).action(async (command, options) =>
    setExitCode(await runProgram(command, options, output)),
  )
  const asking = program
    .command('whoami')
    .description(
      'Whom the relay takes you, or this machine, for: which groups, by what, and until when. Opens no page to sign in at.',
    )
    .option(...relayOption)
    .option(...caOption)
    .option(...envOption)
  addIdentityOptions(asking).action((options) => whoami({ browser: false, ...options }, output))
  program
    .command('status')
    .description(
      'What is connected, as whom, and where, and who has a port that is taken. Exit code 0 when something is connected.',
    )
    .action(async () => setExitCode(await status(output)))
  program
    .command('open')
    .description('Open a service in the system browser.')
    .argument('[service]', 'the service', 'airflow')
    .option(...envOption)
    .option('--no-browser', 'only print the address')
    .action((service, options) => open(service, options, output))
  program
    .command('access')
    .description('What you may do there, as the relay that decides tells it.')
    .option(...envOption)
    .action((options) => access(options, output))
    .addHelpText('after', accessHelp)
  program
    .command('activity')
    .description('What goes through, a line a request, until Ctrl-C; where it was refused, why.')
    .option(...envOption)
    .action((options) => activity(options, output))
    .addHelpText('after', activityHelp)
  addRequests(program, output)
  program
    .command('doctor')
    .description('Look for what keeps an environment from working, and say what to do. Changes nothing.')
    .argument('[environment]', 'the environment, where there are several')
    .option(...storeOption)
    .option(...passphraseOption)
    .action((environment, options) => doctor(environment, options, output))
    .addHelpText('after', doctorHelp)
  program
    .command('disconnect')
    .description('Disconnect; the sign-in stays.')
    .option(...envOption)
    .action((options) => disconnect(options, output))
  program
    .command('logout')
    .description('Disconnect, forget the sign-in here and revoke it at the provider.')
    .option(...envOption)
    .option(
      '--everywhere',
      'end the provider’s own session too, in the browser: other applications sign out as well',
    )
    .option('--no-browser', 'with --everywhere: print the address instead of opening a browser')
    .option(...storeOption)
    .option(...passphraseOption)
    .action((options) => logout(options, output))
    .addHelpText(
      'after',
      `
The connection and its session at the relay end at once. The provider’s own session in the browser stays, as it is for
other applications too, so that the next jetway login may need no password: --everywhere ends it. Sign-ins on other
machines stay; whoever runs the relay can end those.`,
    )
  for (const command of program.commands) command.option('--json', 'one JSON object a line instead of words')
  return program
}

function addRequests(program: Command, output: Output): void {
  const all = program
    .command('requests')
    .description(
      'Requests for access: what you may ask for, what you have asked for, what waits for you to decide.',
    )
    .addHelpText('after', requestsHelp)
  all
    .command('list', { isDefault: true })
    .description('All of them.')
    .option(...envOption)
    .action((options) => requests(options, output))
  all
    .command('ask')
    .description('Ask for access for a while.')
    .argument('<what>', 'a role that you may ask for, or the policy where several give that role')
    .requiredOption('--for <time>', 'for how long, from the decision on: 30m, 1h, 1d')
    .requiredOption('--reason <words>', 'why; whoever decides reads it')
    .option(...envOption)
    .action((what, options) => ask(what, options, output))
  for (const decision of ['approve', 'deny'] as const) {
    all
      .command(decision)
      .description(decision === 'approve' ? 'Let someone have what they ask for.' : 'Do not.')
      .argument('<id>', 'of the request')
      .option('--note <words>', 'what the one who asked is told')
      .option(...envOption)
      .action((id, options) => decide(decision, id, options, output))
  }
  all
    .command('end')
    .description('Withdraw a request of yours, give back what you got, or take back what you may decide on.')
    .argument('<id>', 'of the request')
    .option(...envOption)
    .action((id, options) => end(id, options, output))
}

/** Where to connect to, and how that is seen. */
function addRelayOptions(command: Command): Command {
  return command
    .option(...relayOption)
    .option(...caOption)
    .option(...envOption)
    .option(...portOption)
    .option(...browserOption)
}

/** Where the sign-in is kept, or what a machine comes with in its place. */
function addIdentityOptions(command: Command): Command {
  return command
    .option(...storeOption)
    .option(...passphraseOption)
    .option(...ciOption)
    .option(...audienceOption)
    .option(...tokenFileOption)
    .option(...accessKeyFileOption)
    .addHelpText('after', machineHelp)
}

/** Runs one command line; what it prints and its exit code are the whole result. */
export async function run(argv: readonly string[]): Promise<number> {
  let exitCode = 0
  // Behind `--` it is the program’s.
  const json = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : argv.length).includes('--json')
  const output = createOutput(json)
  const program = createProgram(output, (code) => {
    exitCode = code
  })
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0
      if (json) output.error(new JetwayError('USAGE', { reason: error.message }))
      return errorTable.USAGE.exit
    }
    const known = asJetwayError(error)
    output.error(known)
    return known.entry.exit
  }
}

const exitCodes =
  '0 done, 1 error, 2 usage, 3 not connected, 4 sign in, 5 not allowed, 6 network or relay, 7 port taken, 8 token store, 78 configuration.'
