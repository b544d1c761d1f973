import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { ActivityEntry } from '#shared/ipc/activity.ts'
import { printable } from '#shared/printable.ts'
import { joinEngine } from '../engine-access.ts'
import { pickEnvironment } from '../environment-choice.ts'
import { interruption } from '../interruption.ts'
import type { Output } from '../output.ts'

/** Says what went through lately and what goes through, a line each, until it is interrupted or nobody reads any more. */
export async function activity(options: { env?: string }, output: Output): Promise<void> {
  const { client, close } = await joinEngine({
    activity({ entries, lost }) {
      if (lost > 0) output.say(`… ${lost} more came too fast to be told`, { event: 'lost', lost })
      for (const entry of entries) say(entry)
    },
  })
  const say = (entry: ActivityEntry) => output.say(activityText(entry), { event: 'activity', ...entry })
  const interrupted = interruption()
  const unread = new Promise<undefined>((resolve) => {
    process.stdout.on('error', () => resolve(undefined))
  })
  try {
    const { name, state } = pickEnvironment(await client.request('status', {}), options.env)
    if (state !== 'connected') output.note(`Not connected to ${name}: nothing goes through yet.`)
    for (const entry of await client.request('watchActivity', { environment: name })) say(entry)
    const ended = client.closed.then(() => 'engine' as const)
    if ((await Promise.race([interrupted, unread, ended])) === 'engine')
      throw new JetwayError('ENGINE_NOT_RUNNING')
  } finally {
    await close()
  }
}

/** For people: a line, and under it why it was refused. */
export function activityText(entry: ActivityEntry): string {
  const { time, status, effect, verb, method, durationMs, service, problem } = entry
  const columns = [
    new Date(time).toTimeString().slice(0, 8),
    effect === 'deny' ? 'denied' : String(status ?? '-').padEnd(6),
    (verb ?? method ?? '-').padEnd(18),
    aboutOf(entry),
    `${Math.round(durationMs)} ms`,
  ]
  const words = problem === null ? [] : [`${problem.title}. ${problem.detail}`, problem.action]
  const where = service === null || service === 'airflow' ? '' : `${service}  `
  const [at, how, what, ...rest] = columns
  const line = `${at}  ${how}  ${what}  ${where}${rest.join('  ')}`
  return [line, ...words.map((text) => `          ${text}`)].map(printable).join('\n')
}

/** What it was about: a DAG, its run and task, else the path. */
function aboutOf({ dag, run, task, path, agent }: ActivityEntry): string {
  const names = [dag === '~' ? 'all DAGs' : dag, run, task].filter((name) => name !== null)
  const about = names.length > 0 ? names.join(' · ') : (path ?? '-')
  return agent === null ? about : `${about}  by ${agent}`
}
