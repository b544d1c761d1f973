import { catalogue } from '#shared/airflow/catalogue.ts'
import type { Resource, Verb } from '#shared/airflow/operation.ts'
import { resolve } from '#shared/airflow/resolve.ts'
import { allVerbs } from '#shared/airflow/roles.ts'
import { quoted } from './cedar-text.ts'

/** What everyone with any grant may do: the shell of the web interface, which holds no data. */
export const shellVerbs: readonly Verb[] = ['ui.view', 'health.read', 'version.read']

/** What is done to services that are no Airflow. */
export const serviceVerbs: readonly Verb[] = ['tcp.connect', 'http.read', 'http.write']

/** Verbs of the policy: those of Airflow and of other services. */
export const policyVerbs: readonly Verb[] = Object.freeze([...allVerbs, ...serviceVerbs].sort())

type ResourceType = 'Dag' | 'Run' | 'Task' | 'Item' | 'Service' | 'Path'

const changing: ReadonlySet<Verb | null> = new Set([
  'tcp.connect' as const,
  'http.write' as const,
  ...catalogue.filter(({ changes }) => changes).map(({ verb }) => verb),
])

/** Groups of actions that a verb is in: its resource, whether it only reads, and the shell of the web interface. */
export function actionGroupsOf(verb: Verb): readonly string[] {
  const [kind = ''] = verb.split('.')
  return [kind, onlyReads(verb) ? 'reads' : 'changes', ...(shellVerbs.includes(verb) ? ['shell'] : [])]
}

export function onlyReads(verb: Verb): boolean {
  return !changing.has(verb)
}

export function resourceTypeOf({ dag, run, task }: Resource): Exclude<ResourceType, 'Service' | 'Path'> {
  if (dag === null) return 'Item'
  if (dag === '~') return 'Dag'
  return task !== null ? 'Task' : run !== null ? 'Run' : 'Dag'
}

/**
 * The schema of what a Cedar policy can speak of, published as docs/jetway.cedarschema.
 *
 * @see https://docs.cedarpolicy.com/schema/human-readable-schema.html
 */
export function cedarSchema(): string {
  const groups = [...new Set(policyVerbs.flatMap(actionGroupsOf))].sort()
  const actions = policyVerbs.map(
    (verb) => `  action ${quoted(verb)} in [${actionGroupsOf(verb).map(quoted).join(', ')}] appliesTo {
    principal: [Person, Machine, Agent],
    resource: [${typesOfVerb.get(verb)?.join(', ')}],
    context: Context,
  };`,
  )
  return `// What a policy of your own can speak of; docs/policy.md says how. Made by \`npm run docs\`; do not edit.
namespace Jetway {
  // Who acts. Groups are as the provider names them. The id is the issuer, "#" and the subject.
  entity Group;
  entity Person in [Group] = { issuer: String, subject: String, name: String, email?: String };
  entity Machine in [Group] = { issuer: String, subject: String, name: String, email?: String };
  // An agent that acts for a person or a machine, in whose groups it is; subject and name are theirs.
  entity Agent in [Group] = {
    issuer: String, subject: String, name: String, email?: String, agent: String, client: String,
  };

  // What it is done to. The id of a Dag is its DAG id. A request about all DAGs (a list, \`~\`) is about a Dag whose
  // attributes are not known.
  entity Dag = { dag: String, tags: Set<String> };
  entity Run in [Dag] = { dag: String, tags: Set<String>, run: String };
  entity Task in [Dag] = { dag: String, tags: Set<String>, run: String, task: String };
  // Anything else in Airflow: a variable, a connection, a pool … by key or name, which are not known of a request about
  // all of a kind.
  entity Item = { name: String };
  // A service of type tcp.
  entity Service = { name: String };
  // A path of a service of type http, decoded.
  entity Path = { service: String, path: String };

  // The clock of a time zone of the IANA database, e.g. Jetway::Zone::"Europe/Berlin".
  // weekday is "mon" to "sun", date is like "2026-12-31".
  entity Zone = { date: String, weekday: String, hour: Long, minuteOfDay: Long };

  type Conf = { present: Bool, bytes: Long, keys: Set<String> };
  type Context = {
    time: datetime,
    sourceIp: ipaddr,
    via: String, // "tunnel" or "direct"
    service: String, // of the relay's configuration
    agent: Bool,
    authAgeSeconds: Long, // since the sign-in
    acr: String, // how strongly they signed in
    method?: String, // of HTTP; a tcp connection has none
    reason?: String, // the X-Jetway-Reason header
    conf?: Conf, // of what makes runs
  };

  ${groups.map((group) => `action ${quoted(group)};`).join('\n  ')}

${actions.join('\n')}
}
`
}

/** Types of what a verb is done to. */
const typesOfVerb: ReadonlyMap<Verb, readonly ResourceType[]> = typesOfVerbs()

function typesOfVerbs(): Map<Verb, ResourceType[]> {
  const types = new Map<Verb, ResourceType[]>([
    ['tcp.connect', ['Service']],
    ['http.read', ['Path']],
    ['http.write', ['Path']],
  ])
  for (const { airflow, method, path } of catalogue) {
    const resolved = resolve(method, path.replace(/\{[^}]*\}|\*\*/g, 'x'), airflow)
    if (!resolved || resolved.operation.verb === null) continue
    const { verb } = resolved.operation
    const type = resourceTypeOf(resolved.resource)
    const known = types.get(verb) ?? []
    // Where one DAG can be meant, all of them can.
    types.set(verb, [...new Set<ResourceType>([...known, type === 'Item' ? 'Item' : 'Dag', type])].sort())
  }
  return types
}
