import { airflow2Api } from './catalogue/airflow-2-api.ts'
import { airflow2Pages, airflow2Web } from './catalogue/airflow-2-web.ts'
import { airflow3Api } from './catalogue/airflow-3-api.ts'
import { airflow3Pages, airflow3Web } from './catalogue/airflow-3-web.ts'
import { closed, page, parseTable } from './catalogue/row.ts'
import type { AirflowMajor, Operation } from './operation.ts'

/** They hand out credentials of Airflow, or belong to its tasks. */
const closedPaths: Readonly<Record<AirflowMajor, readonly string[]>> = {
  2: ['/logout/', '/auth/**', '/resetmypassword/**', '/resetpassword/**', '/users/add'],
  3: ['/execution/**', '/auth/**'],
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/**
 * Every operation of Airflow 3.3.2 and 2.11.2 with what it means. What is not here is denied.
 *
 * Tests hold the tables against the OpenAPI documents and routes of running Airflows.
 * @see airflow/api_fastapi/core_api/openapi, airflow/api_fastapi/auth/managers/simple/simple_auth_manager.py
 */
export const catalogue: readonly Operation[] = Object.freeze([
  ...parseTable(3, airflow3Api),
  ...parseTable(3, airflow3Web),
  ...pagesOf(3, airflow3Pages),
  ...closedOf(3),
  ...parseTable(2, airflow2Api),
  ...parseTable(2, airflow2Web),
  ...pagesOf(2, airflow2Pages),
  ...closedOf(2),
])

function pagesOf(airflow: AirflowMajor, paths: readonly string[]): Operation[] {
  return paths.flatMap((path) => [page(airflow, 'GET', path), page(airflow, 'HEAD', path)])
}

function closedOf(airflow: AirflowMajor): Operation[] {
  return closedPaths[airflow].flatMap((path) => methods.map((method) => closed(airflow, method, path)))
}
