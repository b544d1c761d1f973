import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { parse } from 'yaml'
import { catalogue } from '#shared/airflow/catalogue.ts'
import { ensureAirflow, ensureAirflow2 } from '../../build/setup/python.ts'
import { run } from '../../build/setup/run.ts'
import { catalogueDifferences, type OpenApiDocument } from '../support/openapi.ts'

const { airflowUrl } = inject('company')

test('the catalogue and the running Airflow’s public operations are the same', async () => {
  const response = await fetch(`${airflowUrl}/openapi.json`)
  const document = (await response.json()) as OpenApiDocument
  expect(Object.values(document.paths).flatMap(Object.keys)).toHaveLength(128)
  expect(catalogueDifferences(document, '/api/v2/')).toEqual([])
})

test('the catalogue and the operations of Airflow’s own pages are the same', async () => {
  const python = join(await ensureAirflow(), 'python')
  const module = await run(python, ['-c', 'import importlib.util as u; print(u.find_spec("airflow").origin)'])
  const path = join(dirname(module.trim()), 'api_fastapi/core_api/openapi/_private_ui.yaml')
  const document = parse(await readFile(path, 'utf8'))
  expect(catalogueDifferences(document, '/ui/')).toEqual([])
})

/** They do it in another way: by the DAG of the one thing that they are about, or by the files of an import error. */
const narrowedOtherwise = [
  'cancel_backfill',
  'get_backfill',
  'get_import_error',
  'get_import_errors',
  'pause_backfill',
  'reparse_dag_file',
  'unpause_backfill',
]
/** Airflow narrows them, and the relay does not go by it. */
const notGoneBy = [
  // Events of no DAG are shown to everyone.
  'get_event_logs',
  // What it would change cannot be seen beforehand.
  'patch_dags',
  // Assets are of no DAG.
  'delete_asset_queued_events',
  'delete_dag_asset_queued_event',
  'delete_dag_asset_queued_events',
  'get_asset_events',
  'get_asset_queued_events',
  'get_dag_asset_queued_event',
  'get_dag_asset_queued_events',
]

test('what the catalogue says is narrowed, Airflow narrows', async () => {
  const home = await mkdtemp(join(tmpdir(), 'airflow-3-'))
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    AIRFLOW_HOME: home,
    AIRFLOW__LOGGING__LOGGING_LEVEL: 'ERROR',
  }
  const script = join(import.meta.dirname, 'python/airflow_3_narrowing.py')
  const output = await run(join(await ensureAirflow(), 'python'), [script], { env })
  await rm(home, { recursive: true, force: true })
  const byAirflow: string[] = JSON.parse(output.trim().split('\n').at(-1) ?? '')
  const known = catalogue.filter(({ airflow, narrowed }) => airflow === 3 && narrowed).map(({ id }) => id)
  expect(byAirflow).toEqual(expect.arrayContaining(notGoneBy))
  expect(known.toSorted()).toEqual(
    [...byAirflow.filter((id) => !notGoneBy.includes(id)), ...narrowedOtherwise].sort(),
  )
})

describe('Airflow 2.11.2', () => {
  let home: string
  let web: { document: OpenApiDocument; routes: [methods: string[], rule: string][] }

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'airflow-2-'))
    const env = {
      PATH: process.env.PATH,
      HOME: home,
      AIRFLOW_HOME: home,
      AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
      AIRFLOW__FAB__UPDATE_FAB_PERMS: 'False',
      AIRFLOW__LOGGING__LOGGING_LEVEL: 'ERROR',
    }
    const script = join(import.meta.dirname, 'python/airflow_2_routes.py')
    const output = await run(join(await ensureAirflow2(), 'python'), [script], { env })
    web = JSON.parse(output.trim().split('\n').at(-1) ?? '')
  })
  afterAll(() => rm(home, { recursive: true, force: true }))

  test('the catalogue and REST v1 are the same', () => {
    const paths = Object.entries(web.document.paths).map(([path, operations]) => [
      `/api/v1${path}`,
      operations,
    ])
    expect(paths).toHaveLength(62)
    expect(catalogueDifferences({ paths: Object.fromEntries(paths) }, '/api/v1/')).toEqual([])
  })

  test('each page of the catalogue is a route of the web application, and takes the rest where it does', () => {
    const routes = web.routes.flatMap(([methods, rule]) =>
      methods.map((method) => `${method} ${rule.replaceAll(/<(?:(\w+):)?\w+>/g, parameter)}`),
    )
    const own = catalogue.filter(({ airflow, id }) => airflow === 2 && id !== 'closed')
    const missing = own
      .filter(({ path }) => !path.includes('**'))
      .map(
        ({ method, path }) =>
          `${method} ${path.replaceAll(/{(\w+)}/g, '{}').replaceAll(/{\w+:path}/g, '{:path}')}`,
      )
      .filter((line) => !routes.includes(line))
    expect(missing).toEqual([])
  })
})

/** Only whether it takes the rest of a path counts, not what it is called. */
function parameter(_all: string, converter: string | undefined): string {
  return converter === 'path' ? '{:path}' : '{}'
}
