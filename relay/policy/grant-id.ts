import type { PolicyConfig } from '#shared/config/policy-config.ts'

/** `group:role:dags`, as the audit names a grant. */
export function grantId({ group, role, dags }: PolicyConfig['grants'][number]): string {
  return `${group}:${role}:${dags.join(',')}`
}

/** `group:connect:services`, as the audit names it. */
export function connectId({ group, services }: PolicyConfig['connect'][number]): string {
  return `${group}:connect:${services.join(',')}`
}

/** Every grant with where it stands in the policy. */
export function placesOfGrants(
  config: PolicyConfig,
): { readonly id: string; readonly path: readonly [string, number] }[] {
  return [
    ...config.grants.map((grant, i) => ({ id: grantId(grant), path: ['grants', i] as const })),
    ...config.connect.map((grant, i) => ({ id: connectId(grant), path: ['connect', i] as const })),
  ]
}
