import type { ActivityEntry } from '#shared/ipc/activity.ts'

/** A line of activity as a test wants it; the rest is that of a list of runs that was read. */
export function activityEntry(part: Partial<ActivityEntry> = {}): ActivityEntry {
  return {
    id: '0199',
    time: '2026-11-25T12:00:00.000Z',
    service: 'airflow',
    verb: 'run.read',
    dag: 'orders_daily',
    run: null,
    task: null,
    method: 'GET',
    path: '/api/v2/dags/orders_daily/dagRuns',
    status: 200,
    effect: 'allow',
    problem: null,
    agent: null,
    durationMs: 12,
    ...part,
  }
}
