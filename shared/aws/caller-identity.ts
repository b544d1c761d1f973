/**
 * The request by which a machine with an AWS identity shows it: `sts:GetCallerIdentity`, signed by the client (AWS
 * Signature Version 4), asked by the relay. Both ends build it from here, so only what differs goes over the wire.
 */

/** The `grant_type` at the relay's token endpoint. */
export const callerIdentityGrant = 'urn:jetway:params:oauth:grant-type:aws-caller-identity'

export const callerIdentityBody = 'Action=GetCallerIdentity&Version=2011-06-15&ContentType=JSON'

export interface SignedParts {
  /** Of the STS that is asked, e.g. `eu-central-1`. */
  readonly region: string
  /** ISO 8601 basic form, in seconds: `20261125T101500Z`. */
  readonly date: string
  /** Null for the long-lived keys of an IAM user. */
  readonly securityToken: string | null
  /** As the relay gave it. */
  readonly challenge: string
  /** The origin of the relay that gave it: what was signed for one relay is of no use at another. */
  readonly relay: string
}

/** The headers of the request that are signed, in the order of their names; there is no other set. */
export function signedHeadersOf(parts: SignedParts): Record<string, string> {
  return {
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    host: stsHost(parts.region),
    'x-amz-date': parts.date,
    ...(parts.securityToken === null ? {} : { 'x-amz-security-token': parts.securityToken }),
    'x-jetway-challenge': parts.challenge,
    'x-jetway-relay': parts.relay,
  }
}

/** As `x-amz-date` has it. */
export function amzDate(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d{3}/g, '')
}

/** A region's STS. */
export function stsHost(region: string): string {
  return `sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}

export type AwsPartition = 'aws' | 'aws-cn' | 'aws-us-gov'

/** The partition that a region is in; each has accounts of its own. */
export function partitionOf(region: string): AwsPartition {
  if (region.startsWith('cn-')) return 'aws-cn'
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}
