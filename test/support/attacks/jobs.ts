import { type CryptoKey, generateKeyPair, SignJWT } from 'jose'
import type { ErrorCode } from '#shared/errors/table.ts'
import { audience, type TokenProvider } from '../token-provider.ts'

/** A token of a CI platform that no rule lets in: what is wrong with it, how it is made, the code of the refusal. */
export type JobAttack = [what: string, make: (ci: TokenProvider) => Promise<string>, code?: ErrorCode]

const seconds = (n: number) => Math.floor(Date.now() / 1000) + n

/** What the rule says that lets jobs in. */
export const deploys = {
  repository: 'acme/dags',
  ref: 'refs/heads/main',
  environment: 'production',
  event_name: 'push',
}

/** A job of GitHub's, as https://docs.github.com/en/actions/concepts/security/openid-connect shows one. */
export const job = {
  email: undefined,
  groups: undefined,
  sub: 'repo:acme/dags:environment:production',
  jti: 'f00d',
  ...deploys,
  repository_owner: 'acme',
  workflow: 'deploy',
  job_workflow_ref: 'acme/dags/.github/workflows/deploy.yaml@refs/heads/main',
}

/** A good token of a job, but for what is given. */
export function jobToken(
  ci: TokenProvider,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  return ci.token({ ...job, ...claims }, { typ: 'JWT', ...header })
}

async function forgedJobToken({ issuer }: TokenProvider): Promise<string> {
  const { privateKey }: { privateKey: CryptoKey } = await generateKeyPair('RS256')
  return new SignJWT({ ...job, iss: issuer, aud: audience, iat: seconds(0), exp: seconds(60) })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: 'one' })
    .sign(privateKey)
}

export const jobAttacks: readonly JobAttack[] = [
  // Every claim of the rule
  ['of another repository', (at) => jobToken(at, { repository: 'acme/other' })],
  ['of another branch', (at) => jobToken(at, { ref: 'refs/heads/dev' })],
  ['of another environment', (at) => jobToken(at, { environment: 'staging' })],
  ['of another event', (at) => jobToken(at, { event_name: 'pull_request_target' })],
  ...Object.keys(deploys).map(
    (claim) => [`without ${claim}`, (at) => jobToken(at, { [claim]: undefined })] as JobAttack,
  ),
  // Names that look alike
  ['of a repository that begins so', (at) => jobToken(at, { repository: 'acme/dags-evil' })],
  ['of a repository that ends so', (at) => jobToken(at, { repository: 'evil-acme/dags' })],
  ['of a fork', (at) => jobToken(at, { repository: 'evil/dags' })],
  ['of a repository in other case', (at) => jobToken(at, { repository: 'Acme/Dags' })],
  ['of a repository with a space', (at) => jobToken(at, { repository: 'acme/dags ' })],
  ['of a repository with a zero', (at) => jobToken(at, { repository: 'acme/dags\0' })],
  ['of a pull request', (at) => jobToken(at, { ref: 'refs/pull/7/merge' })],
  [
    'of a branch that is called like the main one',
    (at) => jobToken(at, { ref: 'refs/heads/refs/heads/main' }),
  ],
  ['of a tag that is called like the branch', (at) => jobToken(at, { ref: 'refs/tags/main' })],
  ['of a branch by its short name', (at) => jobToken(at, { ref: 'main' })],
  // What is no text
  ['whose repository is a list', (at) => jobToken(at, { repository: ['acme/dags'] })],
  ['whose repository is a number', (at) => jobToken(at, { repository: 7 })],
  ['whose repository is an object', (at) => jobToken(at, { repository: { 0: 'acme/dags' } })],
  ['whose repository is null', (at) => jobToken(at, { repository: null })],
  ['whose repository is true', (at) => jobToken(at, { repository: true })],
  // The token itself
  ['for another audience', (at) => jobToken(at, { aud: 'urn:other' })],
  ['for others as well', (at) => jobToken(at, { aud: [audience, 'urn:other'] })],
  ['for no audience', (at) => jobToken(at, { aud: undefined })],
  ['of an issuer that shows the same keys', (at) => jobToken(at, { iss: 'https://mirror.example' })],
  ['of the issuer with a slash', (at) => jobToken(at, { iss: `${at.issuer}/` })],
  ['of the issuer in other case', (at) => jobToken(at, { iss: at.issuer.toUpperCase() })],
  ['that has expired', (at) => jobToken(at, { exp: seconds(-60) }), 'TOKEN_EXPIRED'],
  ['without an end', (at) => jobToken(at, { exp: undefined })],
  ['that is good for longer than a day', (at) => jobToken(at, { exp: seconds(86_460) })],
  ['that says when it began, and means later', (at) => jobToken(at, { nbf: seconds(120) })],
  ['without a subject', (at) => jobToken(at, { sub: undefined })],
  ['with a subject of control characters', (at) => jobToken(at, { sub: 'repo:acme/dags\n' })],
  ['that is a security event', (at) => jobToken(at, {}, { typ: 'secevent+jwt' })],
  ['whose type is no text', (at) => jobToken(at, {}, { typ: null as never })],
  ['of a key that is not there', (at) => jobToken(at, {}, { kid: 'two' })],
  ['of another key', (at) => forgedJobToken(at)],
]
