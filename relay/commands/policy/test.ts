import { JetwayError } from '#shared/errors/jetway-error.ts'
import { loadPolicy } from '../../config/load-policy.ts'
import { loadCases } from '../../policy/cases.ts'
import { type CaseResult, runCases } from '../../policy/run-cases.ts'
import { print, printJson } from './print.ts'

/** @throws POLICY_TEST_FAILED, CONFIG_INVALID */
export function testPolicy(casesFile: string, o: { config: string; json?: true }): void {
  const loaded = loadPolicy(o.config)
  const { results, unexercised, policies } = runCases(loaded, loadCases(casesFile))
  const failed = results.filter(({ passed }) => !passed).length
  const left = unexercised.map(({ id, path }) => ({ id, at: path && loaded.at(path) }))
  if (o.json) {
    const cases = results.map(({ case: { name, at: place, expect, because, airflowRole }, passed, got }) => {
      return { name, at: place, passed, expected: { effect: expect, because, airflowRole }, got }
    })
    printJson({ total: results.length, failed, cases, unexercised: left })
  } else {
    const coverage = `${policies - left.length} of ${policies} grant(s) and rule(s) exercised`
    print(
      `${results.map(resultText).join('\n')}\n\n${results.length - failed} of ${results.length} case(s) pass, ${coverage}\n`,
    )
    if (left.length > 0) {
      print(
        `No case that passes is decided by:\n${left.map(({ id, at: place }) => `  ${id}  ${place ?? 'of a file'}\n`).join('')}`,
      )
    }
  }
  if (failed > 0) throw new JetwayError('POLICY_TEST_FAILED', { failed, total: results.length })
}

function resultText({ case: one, passed, got }: CaseResult): string {
  if (passed) return `ok    ${one.name}`
  const wanted = [
    one.expect,
    ...(one.because === null ? [] : [`because of ${one.because}`]),
    ...(one.airflowRole === null ? [] : [`in Airflow as ${one.airflowRole}`]),
  ]
  const by = got.policies.length === 0 ? 'no grant' : got.policies.join(', ')
  const found =
    got.effect === 'allow'
      ? `allow by ${by}${got.airflowRole === null ? '' : `, in Airflow as ${got.airflowRole}`}`
      : `deny with ${got.code}, having ${by}: ${got.message}`
  return `FAIL  ${one.name}  ${one.at}\n      - ${wanted.join(', ')}\n      + ${found}`
}
