import type { PolicyConditions } from '#shared/config/policy-conditions.ts'
import type { PolicyConfig } from '#shared/config/policy-config.ts'
import { compileRoles } from './roles.ts'

/** Grants and rules that concern people of some groups. */
export interface Concerning {
  readonly grants: PolicyConfig['grants']
  readonly connect: PolicyConfig['connect']
  readonly forbid: PolicyConfig['forbid']
}

export function concerning({ grants, connect, forbid }: PolicyConfig, groups: readonly string[]): Concerning {
  const isTheirs = ({ group }: { group: string | null }) => group === null || groups.includes(group)
  return {
    grants: grants.filter(isTheirs),
    connect: connect.filter(isTheirs),
    forbid: forbid.filter(isTheirs),
  }
}

/** Whether two policies say the same to people of some groups: nothing has to be asked then. */
export function saysTheSame(a: PolicyConfig, b: PolicyConfig, groups: readonly string[]): boolean {
  const said = (config: PolicyConfig) => {
    const { grants, ...rest } = concerning(config, groups)
    const roles = compileRoles(config)
    const withRoles = grants.map((grant) => {
      const role = roles.get(grant.role)
      return { ...grant, role: role && [[...role.verbs].sort(), role.airflowRole] }
    })
    return JSON.stringify({ ...rest, grants: withRoles })
  }
  return said(a) === said(b)
}

/** Every condition that one of them has. */
export function conditionsIn({ grants, connect, forbid }: Concerning): PolicyConditions[] {
  return [
    ...grants.map(({ when }) => when),
    ...connect.map(({ when }) => ({ ...when, conf: null })),
    ...forbid.flatMap(({ when, unless }) => [when, unless]),
  ]
}
