import { type Command, Option } from 'commander'
import { formatVkey, verifierOf } from '../audit/note.ts'
import { loadConfig } from '../config/load.ts'
import { auditCheckpoint } from './audit-checkpoint.ts'
import { auditExport } from './audit-export.ts'
import { auditProve } from './audit-prove.ts'
import { auditSearch } from './audit-search.ts'
import { auditVerify } from './audit-verify.ts'

const file = ['[file]', 'the audit log', 'audit.jsonl'] as const
const key = ['--key <key>', 'verifier key, or a file with it', 'audit.pub'] as const

/** `jetway-relay audit …` */
export function addAuditCommands(audit: Command, config: readonly [string, string, string]): void {
  audit
    .command('verify')
    .description(
      'Verify a log, a proof or an export by the public key alone; name the first line that is wrong.',
    )
    .argument(...file)
    .option(...key)
    .option(
      '--checkpoint <file>',
      'a checkpoint that was kept elsewhere; more than once for more',
      collect,
      [],
    )
    .option('--proof <file>', 'verify a proof, one of consistency with the older --checkpoint')
    .option('--export <file>', 'verify an export by the manifest beside it')
    .option('--json', 'say what was found as JSON')
    .action(auditVerify)
  withQuery(
    audit
      .command('search')
      .description('Print the records that match.')
      .argument(...file),
  )
    .option('--json', 'print them as they are in the log')
    .action(auditSearch)
  withQuery(
    audit.command('export').description('Write the records that match into a file, with a signed manifest.'),
  )
    .option(...config)
    .addOption(new Option('--format <format>', 'of the file').choices(['jsonl', 'csv']).default('jsonl'))
    .requiredOption('--out <file>', 'where to')
    .action(auditExport)
  audit
    .command('prove')
    .description('Print a proof that a record is in the log, or that the log continues an older one.')
    .argument(...file)
    .option(...key)
    .option('--record <which>', 'its sequence number or id')
    .option('--consistency <size>', 'the size of the older checkpoint')
    .action(auditProve)
  audit
    .command('checkpoint')
    .description('Print the last checkpoint, to be kept elsewhere.')
    .argument(...file)
    .option(...key)
    .action(auditCheckpoint)
  audit
    .command('key')
    .description('Print the verifier key that auditors need.')
    .option(...config)
    .action(({ config: path }: { config: string }) => {
      const { origin, key } = loadConfig(path).audit
      process.stdout.write(`${formatVkey(verifierOf(origin, key))}\n`)
    })
}

function withQuery(command: Command): Command {
  return command
    .option('--person <name>', 'e-mail address, name or subject; * before or after for any characters')
    .option('--dag <id>', 'a DAG, with * alike')
    .option('--run <id>', 'a run, with * alike')
    .option('--verb <verb>', 'such as run.trigger, or run.*')
    .addOption(new Option('--effect <effect>', 'what was decided').choices(['allow', 'deny']))
    .option('--since <time>', 'ISO 8601')
    .option('--until <time>', 'ISO 8601, not included')
    .option('--request-id <id>', 'of a request or session')
}

function collect(value: string, all: readonly string[]): string[] {
  return [...all, value]
}
