import { type Command, Option } from 'commander'
import { checkPolicy } from './policy/check.ts'
import { creep } from './policy/creep.ts'
import { diffPolicies } from './policy/diff.ts'
import { explainPolicy } from './policy/explain.ts'
import { testPolicy } from './policy/test.ts'

const jsonOption = ['--json', 'one JSON object instead of words'] as const
const auditOption = [
  '--audit <file...>',
  'files of the audit log, instead of the one that the configuration names',
] as const

/** `jetway-relay policy …`: none of them needs the relay's keys or a running relay. */
export function addPolicyCommands(
  policy: Command,
  configOption: readonly [string, string, string],
  setExitCode: (code: number) => void,
): void {
  policy
    .command('check')
    .description('Name every mistake of the policy with its line, and grants that are probably not meant.')
    .option(...configOption)
    .option('--strict', 'let warnings fail too')
    .option(...jsonOption)
    .action(checkPolicy)
    .addHelpText(
      'after',
      `
Needs no key or certificate, so that it runs where the configuration is reviewed. Exit code 0 when the policy is
valid, 78 when it is not or, with --strict, when there are warnings.`,
    )
  policy
    .command('explain')
    .description('Say what the policy answers someone, which grants decide, and what would change it.')
    .option(...configOption)
    .option('--as <name>', 'who, by e-mail address or subject')
    .option('--groups <group...>', 'the groups they are in')
    .addOption(
      new Option('--kind <kind>', 'what they are; an agent acts for a person')
        .choices(['person', 'machine', 'agent'])
        .default('person'),
    )
    .option('--do <verb>', 'what they do, e.g. run.trigger or tcp.connect')
    .option('--dag <id>', 'to which DAG; none for all of them')
    .option('--service <name>', 'to which service, for tcp.connect and for requests to http services')
    .option('--request <request>', 'instead of --do: method and path, e.g. "POST /api/v2/dags/etl/dagRuns"')
    .option('--tags <tag...>', 'the tags that the DAG has')
    .option('--conf <json>', 'the conf of the trigger')
    .option('--at <time>', 'when, ISO 8601 (default: now)')
    .option('--from <ip>', 'from which address')
    .option('--auth-age <seconds>', 'how long ago they signed in')
    .option('--acr <value>', 'how strongly they signed in')
    .option('--record <id>', 'what an audit record says of a request, and what would be answered today')
    .option(...auditOption)
    .option(...jsonOption)
    .action(async (options) => setExitCode(await explainPolicy(options)))
    .addHelpText(
      'after',
      `
Exit code 0 when it is allowed, 5 when it is denied.

Examples:
  jetway-relay policy explain --as ana@example.com --groups data-eng --do run.trigger --dag finance_close
  jetway-relay policy explain --groups data-eng ml --request "GET /api/v2/variables"
  jetway-relay policy explain --record 0f6a1c52-8f0e-4b7c-9a55-1d0c5e1f7a11`,
    )
  policy
    .command('test')
    .description('Ask the policy every case of a file, and say which grants no case exercises.')
    .argument('<cases>', 'the file of cases')
    .option(...configOption)
    .option(...jsonOption)
    .action(testPolicy)
    .addHelpText(
      'after',
      `
Exit code 0 when every case passes, 1 when one does not, 78 when a file is not valid. A file of cases:

  version: 1
  cases:
    - name: data-eng triggers etl_orders
      as: { groups: [data-eng] }       # name, groups, kind: person, machine or agent
      do: run.trigger                  # a verb, or a request: POST /api/v2/dags/etl_orders/dagRuns
      dag: etl_orders                  # also: service, tags, conf, at, from, authAgeSeconds, acr
      expect: allow                    # or deny
      because: data-eng:user:etl_*     # optional: a grant among those that decide, or the code of the denial
      airflowRole: user                # optional, of an allow`,
    )
  policy
    .command('diff')
    .description('Say what a change of the policy widens and narrows, for whom.')
    .argument('<old>', 'the configuration as it is')
    .argument('<new>', 'the configuration as it would be')
    .option('--audit <file...>', 'logs, for the sets of groups that people really have')
    .option('--at <time>', 'from when on, ISO 8601 (default: now)')
    .option('--fail-on-widening', 'exit code 1 when someone may do more')
    .option(...jsonOption)
    .action(diffPolicies)
    .addHelpText(
      'after',
      `
Compares every group, alone and in the sets that the logs show, people, machines and agents, every verb, every way in
which DAG ids fall under the patterns of both, and the circumstances that their conditions tell apart. What several
groups have together is named only where none of them has it alone. "a* & *z" is what matches both, "~" is all DAGs at
once, such as a list of all runs. Policies of Cedar files are named where they were changed, and not looked into.`,
    )
  policy
    .command('creep')
    .description('Say from the audit log which grants nobody needs, and the least that would do.')
    .option(...configOption)
    .option('--days <n>', 'how far back, in days', '90')
    .option('--until <time>', 'the end of these days, ISO 8601 (default: now)')
    .option(...auditOption)
    .option(...jsonOption)
    .action(creep)
    .addHelpText(
      'after',
      `
For each grant: how often it allowed something, for whom, what, and on which DAGs; then the role with the fewest verbs
and the shortest list of DAGs that allow just that, as YAML to paste. It never proposes more than there is. Reads the
log as a stream, however long it is. What is done less than once in that time looks unused: read before you paste.`,
    )
}
