import { isDeepStrictEqual } from 'node:util'
import type { AwsConfig } from '#shared/config/identity/aws.ts'
import type { Authentication, Principal } from '../principal.ts'
import { type AwsIdentity, canonicalArn } from './arn.ts'

/** The issuer of all principals from AWS, whichever way they showed who they are. */
export const awsIssuer = 'https://sts.amazonaws.com'

/** Nothing that AWS says is believed for longer, in seconds. */
export const maxLifetimeSeconds = 900

/** Who of AWS is let in, and the groups that each is in. */
export class AwsPrincipals {
  readonly #groups: ReadonlyMap<string, readonly string[]>

  constructor(principals: AwsConfig['principals']) {
    this.#groups = new Map(principals.map((rule) => [arnOf(rule), rule.groups]))
  }

  /**
   * The principal that a role or user is: partition, account, kind and name are those of a rule, exactly.
   *
   * @throws Error when no rule lets it in
   */
  principalOf(
    identity: AwsIdentity,
    o: { readonly expires: number; readonly authentication: Omit<Authentication, 'sessionId' | 'acr'> },
  ): Principal {
    const arn = canonicalArn(identity)
    return Object.freeze({
      kind: 'machine',
      issuer: awsIssuer,
      subject: arn,
      name: `${identity.name}@${identity.account}`,
      email: null,
      groups: Object.freeze([...this.groupsOf(arn)]),
      // It signs anew by itself whenever it wants: no sign-in of a person, however fresh it is.
      authTime: null,
      expires: o.expires,
      authentication: Object.freeze({ ...o.authentication, sessionId: identity.sessionName, acr: null }),
    } as const)
  }

  /** The groups of a role or user, by its canonical ARN. @throws Error when no rule lets it in */
  groupsOf(arn: string): readonly string[] {
    const groups = this.#groups.get(arn)
    if (!groups) throw new Error(`no rule lets ${arn} in`)
    return groups
  }

  /** Whether someone has the groups that the rules give them. */
  stillKnows({ subject, groups }: Principal): boolean {
    return isDeepStrictEqual(this.#groups.get(subject), groups)
  }
}

/** The ARN that a rule is for. */
export function arnOf({ partition, account, role, user }: AwsConfig['principals'][number]): string {
  const [kind, name] = role === undefined ? (['user', user ?? ''] as const) : (['role', role] as const)
  return canonicalArn({ partition, account, kind, name })
}
