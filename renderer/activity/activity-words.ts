import { wordsOfVerb } from '#shared/airflow/verb-words.ts'
import type { ActivityEntry } from '#shared/ipc/activity.ts'

/** How a line ended: its colour and icon follow from it. */
export type Outcome = 'denied' | 'failed' | 'fine'

export function outcomeOf({ effect, status }: ActivityEntry): Outcome {
  if (effect === 'deny') return 'denied'
  return status === null || status >= 400 ? 'failed' : 'fine'
}

/** `Trigger run`; the method where no verb was known yet. */
export function deedOf({ verb, method }: ActivityEntry): string {
  if (verb !== null) return wordsOfVerb(verb)
  return method === null ? 'Request' : `${method} request`
}

/** What it was done to, the greatest first: DAG, run, task, as far as they are known. */
export function targetOf({ dag, run, task }: ActivityEntry): string[] {
  return [dag === '~' ? 'all DAGs' : dag, run === '~' ? 'all runs' : run, task].filter(
    (part) => part !== null,
  )
}

/** `GET /api/v2/dags` */
export function requestOf({ method, path }: ActivityEntry): string {
  return [method, path].filter((part) => part !== null).join(' ')
}

/** `Denied`, or the status that came back. */
export function statusOf({ effect, status }: ActivityEntry): string {
  if (effect === 'deny') return 'Denied'
  return status === null ? 'No answer' : String(status)
}

const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
const whole = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'medium',
  timeStyle: 'medium',
  hourCycle: 'h23',
})

/** By this machine's clock and zone; what is no time is said as it is. */
export function clockOf(time: string): string {
  return formatted(clock, time)
}

export function timeOf(time: string): string {
  return formatted(whole, time)
}

function formatted(format: Intl.DateTimeFormat, time: string): string {
  const at = Date.parse(time)
  return Number.isNaN(at) ? time : format.format(at)
}
