import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { parse } from 'yaml'
import { ensureAirflow } from '../../build/setup/python.ts'
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
