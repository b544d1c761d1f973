/** Verbs as a person says them. Policies, denials and the audit log keep the verbs themselves. */

/** What kind of thing a verb is, from harmless to grave. */
export const verbGroups = ['see', 'run', 'change', 'administer'] as const
export type VerbGroup = (typeof verbGroups)[number]

interface VerbWords {
  readonly group: VerbGroup
  /** An imperative: `Trigger run`. */
  readonly words: string
  /** Whether it is done to one DAG; what is not takes a grant on all of them. */
  readonly ofDag: boolean
}

const one = (group: VerbGroup, words: string): VerbWords => ({ group, words, ofDag: true })
const all = (group: VerbGroup, words: string): VerbWords => ({ group, words, ofDag: false })

/** Every verb of a policy, those of services that are no Airflow last; in the order in which they are shown. */
export const verbWords: ReadonlyMap<string, VerbWords> = new Map([
  ['dag.read', one('see', 'See DAGs')],
  ['run.read', one('see', 'See runs')],
  ['task.read', one('see', 'See tasks')],
  ['log.read', one('see', 'Read logs')],
  ['code.read', one('see', 'Read code')],
  ['xcom.read', one('see', 'Read XComs')],
  ['task-state.read', one('see', 'Read task state')],
  ['hitl.read', one('see', 'See tasks that ask a person')],
  ['backfill.read', one('see', 'See backfills')],
  ['asset.read', all('see', 'See assets')],
  ['pool.read', all('see', 'See pools')],
  ['event-log.read', all('see', 'See the event log')],
  ['import-error.read', all('see', 'See import errors')],
  ['job.read', all('see', 'See jobs')],
  ['config.read', all('see', 'See the configuration')],
  ['plugin.read', all('see', 'See plugins')],
  ['provider.read', all('see', 'See providers')],
  ['health.read', all('see', 'See health')],
  ['version.read', all('see', 'See the version')],
  ['ui.view', all('see', 'Open Airflow')],

  ['run.trigger', one('run', 'Trigger run')],
  ['run.clear', one('run', 'Clear run')],
  ['task.clear', one('run', 'Clear tasks')],
  ['backfill.create', one('run', 'Start backfill')],
  ['backfill.write', all('run', 'Pause or cancel backfill')],
  ['hitl.respond', one('run', 'Answer a task')],
  ['asset.materialize', all('run', 'Materialize asset')],

  ['dag.write', one('change', 'Pause or unpause DAG')],
  ['dag.favorite', one('change', 'Mark DAG as favorite')],
  ['dag.delete', one('change', 'Delete DAG')],
  ['run.write', one('change', 'Mark run')],
  ['run.delete', one('change', 'Delete run')],
  ['task.write', one('change', 'Mark task')],
  ['task.delete', one('change', 'Delete task')],
  ['task-state.write', one('change', 'Write task state')],
  ['task-state.delete', one('change', 'Delete task state')],
  ['xcom.write', one('change', 'Write XCom')],
  ['xcom.delete', one('change', 'Delete XCom')],
  ['asset.write', all('change', 'Create asset event')],
  ['asset.delete', all('change', 'Delete asset events')],

  ['variable.read', all('administer', 'Read variables')],
  ['variable.write', all('administer', 'Write variable')],
  ['variable.delete', all('administer', 'Delete variable')],
  ['connection.read', all('administer', 'Read connections')],
  ['connection.test', all('administer', 'Test connection')],
  ['connection.write', all('administer', 'Write connection')],
  ['connection.delete', all('administer', 'Delete connection')],
  ['pool.write', all('administer', 'Write pool')],
  ['pool.delete', all('administer', 'Delete pool')],
  ['user.read', all('administer', 'See users')],
  ['user.write', all('administer', 'Write user')],
  ['user.delete', all('administer', 'Delete user')],
  ['role.read', all('administer', 'See roles')],
  ['role.write', all('administer', 'Write role')],
  ['role.delete', all('administer', 'Delete role')],
  ['permission.read', all('administer', 'See permissions')],

  ['http.read', all('see', 'Read')],
  ['http.write', all('change', 'Write')],
  ['tcp.connect', all('run', 'Connect')],
])

/** The verb itself where it is none that is known here: a newer relay may have more. */
export function wordsOfVerb(verb: string): string {
  return verbWords.get(verb)?.words ?? verb
}

/** Whether a verb only looks. */
export function onlyLooks(verb: string): boolean {
  return verb.endsWith('.read') || verb === 'ui.view'
}
