import { Command } from 'commander'
import { version } from '#shared/version.ts'
import { check } from './commands/check.ts'
import { init } from './commands/init.ts'
import { addPolicyCommands } from './commands/policy.ts'
import { serve } from './commands/serve.ts'

const configOption = ['-c, --config <file>', 'the configuration', 'relay.yaml'] as const

/** The command line of `jetway-relay`; docs/relay-cli.md is generated from it. */
export function createProgram(): Command {
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
    .command('check')
    .description('Name every mistake of a configuration with its line. Changes nothing.')
    .option(...configOption)
    .action(check)
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
  addPolicyCommands(
    program.command('policy').description('Check, explain, test, compare and tighten who may do what.'),
    configOption,
  )
  return program
}
