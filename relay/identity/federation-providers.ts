import type { JWTPayload } from 'jose'
import type { FederatedIssuer } from '#shared/config/identity/federation.ts'
import { literalStart } from './claim-pattern.ts'

/** What is known of the tokens of a platform. */
interface FederationProvider {
  /** Claims that together make a name that people can read, where the token has them all. */
  readonly nameClaims: readonly string[]
  /**
   * Claims that say whose a token is, where many share an issuer, with the patterns that hold it to someone. A rule has
   * to have one of them.
   */
  readonly pins: Readonly<Record<string, (pattern: string) => boolean>>
  /** The only claims that rules may speak of; null for any. */
  readonly known: readonly string[] | null
  /** What rules are held against. @throws Error when it is no token of such a platform */
  factsOf(payload: JWTPayload): Readonly<Record<string, unknown>>
}

const exact = (pattern: string) => !pattern.includes('*')
/** It begins so before its first `*`. A pattern without one ends with its last name, as if a `/` were there. */
const begins = (start: RegExp) => (pattern: string) =>
  start.test(exact(pattern) ? `${pattern}/` : literalStart(pattern))
/** An owner, whole, and maybe more. */
const underOwner = begins(/^[^/:]+\//)

export const federationProviders: Readonly<Record<FederatedIssuer['provider'], FederationProvider>> = {
  // A reusable workflow (job_workflow_ref) says nothing of who calls it, so that it is no pin.
  github: {
    nameClaims: ['repository', 'ref'],
    pins: {
      repository: underOwner,
      repository_owner: exact,
      repository_id: exact,
      repository_owner_id: exact,
      sub: begins(/^(repo|repository|repository_owner|repository_id|repository_owner_id):[^/:]+[/:]/),
    },
    known: null,
    factsOf: (payload) => payload,
  },
  gitlab: {
    nameClaims: ['project_path', 'ref'],
    pins: {
      project_path: underOwner,
      namespace_path: underOwner,
      project_id: exact,
      namespace_id: exact,
      sub: begins(/^project_path:[^/:]+\//),
    },
    known: null,
    factsOf: (payload) => payload,
  },
  kubernetes: {
    nameClaims: ['namespace', 'serviceAccount'],
    pins: { namespace: exact },
    known: ['namespace', 'serviceAccount'],
    factsOf: serviceAccountOf,
  },
  other: {
    nameClaims: [],
    // Two names, as in `organization:acme:*`.
    pins: { sub: (pattern) => exact(pattern) || begins(/^[^/:]+[/:]+[^/:]+[/:]/)(pattern) },
    known: null,
    factsOf: (payload) => payload,
  },
}

/** Of a token that is bound to an audience and a time: the older ones, which are secrets, do not say it like that. */
function serviceAccountOf(payload: JWTPayload): { namespace: string; serviceAccount: string } {
  const [, namespace, serviceAccount] =
    /^system:serviceaccount:([a-z0-9.-]+):([a-z0-9.-]+)$/.exec(payload.sub ?? '') ?? []
  const said = payload['kubernetes.io'] as
    | { namespace?: unknown; serviceaccount?: { name?: unknown } | null }
    | null
    | undefined
  if (
    namespace === undefined ||
    serviceAccount === undefined ||
    said?.namespace !== namespace ||
    said.serviceaccount?.name !== serviceAccount
  )
    throw new Error('it is not of a service account')
  return { namespace, serviceAccount }
}
