import type { AwsPartition } from '#shared/aws/caller-identity.ts'

/** A role or user of AWS's, without what its callers choose. */
export interface AwsIdentity {
  readonly partition: AwsPartition
  readonly account: string
  readonly kind: 'role' | 'user'
  readonly name: string
  /** The name that whoever assumed the role gave its session: the caller's own choice. For records, never to decide on. */
  readonly sessionName: string | null
}

const name = '([A-Za-z0-9_+=,.@-]{1,64})'
const head = '^arn:(aws|aws-cn|aws-us-gov):'
/** What `sts:GetCallerIdentity` says of a role; the path is missing there. */
const assumedRole = new RegExp(`${head}sts::(\\d{12}):assumed-role/${name}/${name}$`)
/** A path begins and ends with a slash, and its length is bounded. */
const iamEntity = new RegExp(`${head}iam::(\\d{12}):(role|user)/(?:[!-~]{0,510}/)?${name}$`)

/**
 * Reads the ARN of a role session, a role or an IAM user. Everything else (root users, federated users) is nobody.
 *
 * @throws Error when it is none of these
 */
export function parseArn(arn: string): AwsIdentity {
  const session = assumedRole.exec(arn)
  if (session) {
    const [, partition, account, role, sessionName] = session as unknown as string[]
    return identity(partition, account, 'role', role, sessionName)
  }
  const [, partition, account, kind, last] = iamEntity.exec(arn) ?? []
  if (last === undefined) throw new Error('an ARN of neither a role nor a user')
  return identity(partition, account, kind as AwsIdentity['kind'], last, undefined)
}

/** The same text for the same role or user, however it was found out. */
export function canonicalArn({ partition, account, kind, name }: Omit<AwsIdentity, 'sessionName'>): string {
  return `arn:${partition}:iam::${account}:${kind}/${name}`
}

function identity(
  partition: string | undefined,
  account: string | undefined,
  kind: AwsIdentity['kind'],
  name: string | undefined,
  sessionName: string | undefined,
): AwsIdentity {
  return {
    partition: partition as AwsPartition,
    account: account as string,
    kind,
    name: name as string,
    sessionName: sessionName ?? null,
  }
}
