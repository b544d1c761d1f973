import { cp, mkdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { once as buildOnce } from '../../build/setup/cache.ts'
import { run } from '../../build/setup/run.ts'
import type { Processes } from '../../demo/processes.ts'
import { eventually } from './eventually.ts'

/** Where the Python package is, without being installed. */
export const packageSource = join(import.meta.dirname, '../../airflow/src')
const dagFolder = join(import.meta.dirname, 'dags-2')

/**
 * Starts Airflow 2's webserver with the package, on SQLite and with its DAGs read. There is no scheduler: nothing of what
 * is tested runs a task.
 *
 * @param bin the venv's folder of programs
 * @param settings environment variables
 * @param basePath of its `base_url`
 */
export async function startAirflow2(o: {
  bin: string
  home: string
  port: number
  basePath?: string
  settings: Readonly<Record<string, string>>
  processes: Processes
}): Promise<void> {
  await mkdir(o.home, { recursive: true })
  const template = await buildOnce(`database-${basename(dirname(o.bin))}`, async (folder) => {
    await run(join(o.bin, 'airflow'), ['db', 'migrate'], { env: environment(o.bin, folder, {}) })
  })
  await cp(join(template, 'airflow.db'), join(o.home, 'airflow.db'), { force: false })
  const env = environment(o.bin, o.home, o.settings)
  await run(join(o.bin, 'airflow'), ['dags', 'reserialize'], { env })
  const args = ['webserver', '--hostname', '127.0.0.1', '--port', String(o.port), '--workers', '1']
  const pidFile = ['--pid', join(o.home, `webserver-${o.port}.pid`)]
  o.processes.start('airflow 2 webserver', join(o.bin, 'airflow'), [...args, ...pidFile], {
    env,
    cwd: o.home,
    logFile: join(o.home, 'webserver.log'),
  })
  const health = `http://127.0.0.1:${o.port}${o.basePath ?? ''}/health`
  const isUp = () =>
    fetch(health).then(
      ({ ok }) => ok,
      () => false,
    )
  await Promise.race([eventually('Airflow 2', isUp), o.processes.failure])
}

function environment(
  bin: string,
  home: string,
  settings: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(AIRFLOW|PYTHON)/.test(name))
  return {
    ...Object.fromEntries(inherited),
    ...settings,
    PATH: `${bin}:${process.env.PATH}`,
    AIRFLOW_HOME: home,
    AIRFLOW__CORE__DAGS_FOLDER: dagFolder,
    AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
    AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION: 'False',
    GUNICORN_CMD_ARGS: '--no-control-socket',
    PYTHONDONTWRITEBYTECODE: '1',
  }
}
