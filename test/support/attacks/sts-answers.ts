import type { RequestListener } from 'node:http'

/** The account whose role `airflow-ci`, and whose user `nightly`, is let in. */
export const account = '123456789012'

export const json = (body: unknown, status = 200, type = 'application/json'): RequestListener => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return (_request, response) => response.writeHead(status, { 'content-type': type }).end(text)
}
export const answer = (Arn: unknown, Account: unknown = account) => ({
  GetCallerIdentityResponse: {
    GetCallerIdentityResult: { Account, Arn, UserId: 'AROAEXAMPLE:nightly' },
    ResponseMetadata: { RequestId: 'x' },
  },
})
export const session = (role: string, name = 'nightly') =>
  `arn:aws:sts::${account}:assumed-role/${role}/${name}`

/** What a caller may have STS, or who is taken for it, answer, so as to be taken for a role that they do not have. */
export const stsAnswers: readonly [what: string, answer: (stsUrl: string) => RequestListener][] = [
  [
    'a redirect',
    (stsUrl) => (request, response) => {
      if (request.url === '/there') json(answer(session('airflow-ci')))(request, response)
      else response.writeHead(307, { location: `${stsUrl}/there` }).end()
    },
  ],
  ['XML', () => json('<GetCallerIdentityResponse/>', 200, 'text/xml')],
  ['JSON that says it is XML', () => json(answer(session('airflow-ci')), 200, 'text/xml')],
  ['XML that says it is JSON', () => json('<GetCallerIdentityResponse/>')],
  // CVE-2020-16250: another service of AWS's repeats what the caller said.
  ['an answer in an answer', () => json({ message: answer(session('airflow-ci')) })],
  ['a text with the answer', () => json(JSON.stringify(JSON.stringify(answer(session('airflow-ci')))))],
  ['too much', () => json({ ...answer(session('airflow-ci')), more: 'x'.repeat(20_000) })],
  ['another status', () => json(answer(session('airflow-ci')), 201)],
  ['an error', () => json({ Error: { Code: 'SignatureDoesNotMatch' } }, 403)],
  ['nothing', () => json('')],
  ['a list for an ARN', () => json(answer([session('airflow-ci')]))],
  ['two accounts', () => json(answer(session('airflow-ci'), '210987654321'))],
  ['another role', () => json(answer(session('admin')))],
  ['a role of another case', () => json(answer(session('Airflow-CI')))],
  ['the beginning of the role', () => json(answer(session('airflow')))],
  ['more than the role', () => json(answer(session('airflow-ci-2')))],
  ['a path before the role', () => json(answer(session('ci/airflow-ci')))],
  ['a session that looks like a role', () => json(answer(session('admin', 'x/airflow-ci')))],
  ['a session like an ARN', () => json(answer(session('admin', session('airflow-ci'))))],
  ['a role with a line end', () => json(answer(session('airflow-ci\n')))],
  ['a session with a line end', () => json(answer(`${session('airflow-ci')}\n`))],
  ['a role in a partition of its own', () => json(answer(session('airflow-ci').replace('aws', 'aws-cn')))],
  ['another service', () => json(answer(session('airflow-ci').replace('sts', 'iam')))],
  ['a federated user', () => json(answer(`arn:aws:sts::${account}:federated-user/airflow-ci`))],
  ['the root of the account', () => json(answer(`arn:aws:iam::${account}:root`))],
  ['a user of that name', () => json(answer(`arn:aws:iam::${account}:user/airflow-ci`))],
]
