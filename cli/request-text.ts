import type { AccessRequest, AccessRequests, Requestable } from '#shared/ipc/access-requests.ts'
import { printable } from '#shared/printable.ts'
import { durationText } from './duration.ts'
import { table, wrapped } from './table.ts'

/** As much of an id as tells requests apart and is typed quickly. */
const idChars = 8

const width = 100
const indent = ' '.repeat(12)

/** For people. */
export function accessRequestsText({ requestable, mine, toDecide, omitted }: AccessRequests): string {
  const blocks = [
    toDecide.length === 0
      ? ['Nothing waits for your decision.']
      : [
          'To decide',
          ...listed(
            headOfRequests,
            toDecide.map((one) => [rowOf(one, one.name), wordsOf(one)]),
          ),
        ],
    mine.length === 0
      ? ['You have asked for nothing.']
      : [
          'Yours',
          ...listed(
            headOfRequests,
            mine.map((one) => [rowOf(one, 'you'), wordsOf(one)]),
          ),
        ],
    requestable.length === 0
      ? ['There is nothing here that you may ask for.']
      : ['You may ask for', ...listed(['ROLE', 'DAGS', 'AT MOST', 'DECIDED BY'], requestable.map(askable))],
    ...(omitted === 0 ? [] : [[`${omitted} more are left out here.`]]),
  ]
  return blocks.map((lines) => lines.map(printable).join('\n')).join('\n\n')
}

/** One request for people, in a few lines. */
export function accessRequestText(request: AccessRequest): string {
  const { id, state, role, decision } = request
  const until = request.until === null ? '' : `, until ${timeOf(request.until)}`
  const words = state === 'waiting' ? 'waits for a decision' : `is ${state}`
  const lines = [`Request ${id.slice(0, idChars)} (${role} on ${dagsOf(request)}) ${words}${until}.`]
  if (decision?.note) lines.push(`  ${decision.by}: ${decision.note}`)
  return lines.map(printable).join('\n')
}

type Row = readonly string[]
const headOfRequests: Row = ['ID', 'STATE', 'WHO', 'ROLE', 'DAGS', 'FOR', 'UNTIL']

/** A table, with words under each line that are longer than a column. */
function listed(head: Row, entries: readonly (readonly [Row, readonly string[]])[]): string[] {
  const [first = '', ...lines] = table([head, ...entries.map(([row]) => row)].map((row) => ['', ...row]))
  return [
    first,
    ...entries.flatMap(([, words], i) => [
      lines[i] as string,
      ...words.flatMap((text) =>
        wrapped(text.split(' '), width - indent.length).map((line) => indent + line),
      ),
    ]),
  ]
}

function rowOf({ id, state, role, dags, tags, seconds, until }: AccessRequest, who: string): Row {
  const end = until === null ? '-' : timeOf(until)
  return [id.slice(0, idChars), state, who, role, dagsOf({ dags, tags }), durationText(seconds), end]
}

function wordsOf({ reason, decision }: AccessRequest): string[] {
  if (decision === null) return [`“${reason}”`]
  const note = decision.note === null ? '' : `: “${decision.note}”`
  return [`“${reason}”`, `decided by ${decision.by}${note}`]
}

function askable(one: Requestable): readonly [Row, readonly string[]] {
  const { policy, role, conditions, approvers, longestSeconds } = one
  return [
    [role, dagsOf(one), durationText(longestSeconds), approvers.join(', ')],
    [...conditions, policy],
  ]
}

function dagsOf({ dags, tags }: Pick<Requestable, 'dags' | 'tags'>): string {
  return `${dags.join(', ')}${tags === null ? '' : ` tagged ${tags.join(' or ')}`}`
}

function timeOf(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z')
}
