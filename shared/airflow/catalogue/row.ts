import type { AirflowRole } from '../../config/policy-config.ts'
import type { AirflowMajor, BodyForm, Operation, Verb } from '../operation.ts'

/**
 * Reads a table of operations, one a line. Columns: method, path template as Airflow's routes have it (`:path` takes
 * the rest, slashes included), operationId, verb (`-`: closed to everyone), the least role of Airflow that may do it,
 * and flags:
 * - `read`: changes nothing, although the method says otherwise
 * - `+verb`: takes this verb too
 * - `body:form`: the body says what it touches; see body/analyse.ts
 * - `query:name`: these parameters of the query name the only DAGs that it speaks of, except `unless:` another is set
 * - `narrowed`: Airflow itself leaves out what the person's token does not cover
 * - `run-id`: the answer names the run that was made
 */
export function parseTable(airflow: AirflowMajor, table: string): Operation[] {
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [method = '', path = '', id = '', verb = '', minRole = '', ...flags] = line.split(/ +/)
      const argument = (flag: string) =>
        flags.find((one) => one.startsWith(`${flag}:`))?.slice(flag.length + 1) ?? null
      return Object.freeze({
        airflow,
        id,
        method,
        path,
        verb: verb === '-' ? null : (verb as Verb),
        also: flags.filter((flag) => flag.startsWith('+')).map((flag) => flag.slice(1) as Verb),
        minRole: minRole === '-' ? null : (minRole as AirflowRole),
        changes: method !== 'GET' && !flags.includes('read'),
        body: argument('body') as BodyForm | null,
        dagQuery: argument('query'),
        dagQueryUnless: argument('unless'),
        narrowed: flags.includes('narrowed'),
        runIdInResponse: flags.includes('run-id'),
      })
    })
}

const plain = {
  also: [],
  body: null,
  dagQuery: null,
  dagQueryUnless: null,
  narrowed: false,
  runIdInResponse: false,
}

/** A page of the web interface without any data in it. */
export function page(airflow: AirflowMajor, method: string, path: string): Operation {
  return Object.freeze({
    ...plain,
    airflow,
    id: 'ui.page',
    method,
    path,
    verb: 'ui.view',
    minRole: 'viewer',
    changes: false,
  })
}

/** What nobody may reach. */
export function closed(airflow: AirflowMajor, method: string, path: string): Operation {
  return Object.freeze({
    ...plain,
    airflow,
    id: 'closed',
    method,
    path,
    verb: null,
    minRole: null,
    changes: true,
  })
}
