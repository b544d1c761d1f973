import type { Access } from '#shared/ipc/access.ts'
import { printable } from '#shared/printable.ts'
import { joinEngine } from '../engine-access.ts'
import { pickEnvironment } from '../environment-choice.ts'
import type { Output } from '../output.ts'
import { table, wrapped } from '../table.ts'

/** Says what the person may do, as the relay tells it. */
export async function access(options: { env?: string }, output: Output): Promise<void> {
  const { client, close } = await joinEngine()
  try {
    const { name } = pickEnvironment(await client.request('status', {}), options.env)
    const told = await client.request('access', { environment: name })
    output.say(accessText(told), { event: 'access', environment: name, ...told })
  } finally {
    await close()
  }
}

type Service = Access['services'][number]

const width = 100

/** For people. */
export function accessText(told: Access): string {
  const { person, services, forbids, otherPolicies, omitted, contact } = told
  const groups = person.groups.length === 0 ? 'in no group' : `in ${person.groups.join(', ')}`
  const notes = [
    ...(person.groupsProblem === null ? [] : [person.groupsProblem]),
    ...(otherPolicies === 0
      ? []
      : [
          `${otherPolicies} more ${otherPolicies === 1 ? 'policy decides' : 'policies decide'} as well (Cedar).`,
        ]),
    ...(omitted === 0 ? [] : [`${omitted} more are left out here.`]),
    contact,
  ]
  const blocks = [
    [`${person.name}, ${groups}`],
    ...services.map(serviceLines),
    ...(forbids.length === 0 ? [] : [forbidLines(forbids)]),
    notes,
  ]
  return blocks.map((lines) => lines.map(printable).join('\n')).join('\n\n')
}

function serviceLines({ name, airflowRole, grants }: Service): string[] {
  const heading = airflowRole === null ? name : `${name}, in Airflow as ${airflowRole} at most`
  if (grants.length === 0) return [heading, '  nothing']
  const rows = grants.flatMap(({ role, group, dags, tags, until, conditions }) => [
    ['', role, group, dags.join(', ') || '-', tags?.join(', ') ?? '-', until ?? '-'],
    ...conditions.map((words) => ['', '', '', words]),
  ])
  const verbs = new Map(grants.map((grant) => [grant.role, grant.verbs]))
  return [
    heading,
    ...table([['', 'ROLE', 'GROUP', 'DAGS', 'TAGS', 'UNTIL'], ...rows]),
    ...[...verbs].flatMap(([role, all]) =>
      wrapped([`${role}:`, ...all], width - 4).map((line, i) => `${i === 0 ? '  ' : '    '}${line}`),
    ),
  ]
}

function forbidLines(forbids: Access['forbids']): string[] {
  return [
    'Forbidden to you, whatever else there is',
    ...forbids.flatMap(({ verbs, dags, tags, conditions, until, reason }) => [
      `  ${reason}`,
      ...wrapped([...verbs, 'on', dags.join(', ')], width - 4).map((line) => `    ${line}`),
      ...(tags === null ? [] : [`    tagged ${tags.join(' or ')}`]),
      ...[...conditions, ...(until === null ? [] : [`until ${until}`])].map((words) => `    ${words}`),
    ]),
  ]
}
