import { cp, mkdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { once as buildOnce } from '../build/setup/cache.ts'
import { run } from '../build/setup/run.ts'
import { freePort } from './free-port.ts'
import type { Processes } from './processes.ts'

export interface DemoAirflow {
  /** Where the api-server answers, on this machine alone. */
  readonly url: string
}

const healthyWithinMs = 120_000
const dagFolder = join(import.meta.dirname, 'dags')

/**
 * Starts a whole Airflow: api-server, scheduler, dag-processor, on SQLite.
 *
 * @param bin the venv's folder of programs
 * @param settings of `[api_auth]`, for tokens of the relay
 */
export async function startAirflow(o: {
  bin: string
  home: string
  settings: ReadonlyArray<readonly [string, string]>
  processes: Processes
}): Promise<DemoAirflow> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  await mkdir(o.home, { recursive: true })
  await prepareDatabase(o.bin, o.home)
  const env = environment(o.bin, o.home, { ...Object.fromEntries(o.settings), port })
  const start = (name: string, args: readonly string[]) =>
    o.processes.start(`airflow ${name}`, join(o.bin, 'airflow'), [name, ...args], {
      env,
      cwd: o.home,
      logFile: join(o.home, `${name}.log`),
    })
  start('api-server', ['--host', '127.0.0.1', '--port', String(port)])
  start('scheduler', [])
  start('dag-processor', [])
  await Promise.race([healthy(url), o.processes.failure])
  return { url }
}

/** A migrated database is made once and copied then: it takes longer than all the rest of a start. */
async function prepareDatabase(bin: string, home: string): Promise<void> {
  const template = await buildOnce(`database-${basename(dirname(bin))}`, async (folder) => {
    await run(join(bin, 'airflow'), ['db', 'migrate'], { env: environment(bin, folder, { port: 0 }) })
  })
  await cp(join(template, 'airflow.db'), join(home, 'airflow.db'), { force: false })
}

function environment(
  bin: string,
  home: string,
  { port, ...settings }: Readonly<Record<string, string | number>>,
): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(AIRFLOW|PYTHON)/.test(name))
  return {
    ...Object.fromEntries(inherited),
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)])),
    PATH: `${bin}:${process.env.PATH}`,
    AIRFLOW_HOME: home,
    AIRFLOW__CORE__DAGS_FOLDER: dagFolder,
    AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
    AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION: 'False',
    AIRFLOW__CORE__PARALLELISM: '2',
    AIRFLOW__CORE__EXECUTION_API_SERVER_URL: `http://127.0.0.1:${port}/execution/`,
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS: 'nobody:viewer',
    AIRFLOW__API__WORKERS: '1',
    AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL: '5',
    PYTHONDONTWRITEBYTECODE: '1',
  }
}

/** All three processes say they are well, and the DAGs have been read. */
async function healthy(url: string): Promise<void> {
  const deadline = Date.now() + healthyWithinMs
  while (Date.now() < deadline) {
    const health = await fetch(`${url}/api/v2/monitor/health`)
      .then((response) => response.json() as Promise<Record<string, { status?: string }>>)
      .catch(() => null)
    const parts = ['metadatabase', 'scheduler', 'dag_processor']
    if (health && parts.every((part) => health[part]?.status === 'healthy')) return
    await sleep(150)
  }
  throw new Error('Airflow did not become healthy')
}
