import type { PolicyConfig } from '#shared/config/policy-config.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Principal } from '../identity/principal.ts'
import type { ConnectDecision } from './decision.ts'
import { connectId } from './grant-id.ts'
import type { PolicyMistake } from './roles.ts'

/** Whether someone may connect to a tcp service, as `policy.connect` says. What is not there is denied. */
export function authorizeConnect(
  policy: PolicyConfig,
  principal: Principal,
  service: string,
): ConnectDecision {
  const own = policy.connect.filter(({ group }) => principal.groups.includes(group))
  const allowing = own.filter(({ services }) => services.includes(service))
  if (allowing.length > 0) return { effect: 'allow', policies: allowing.map(connectId), obligations: [] }
  const reached = [...new Set(own.flatMap(({ services }) => services))]
  const error = new JetwayError('FORBIDDEN', {
    verb: 'tcp.connect',
    resource: service,
    needs: 'a grant to connect',
    has: reached.length === 0 ? 'none here' : `one for ${reached.join(', ')}`,
    contact: policy.contact,
  })
  return { effect: 'deny', policies: own.map(connectId), error }
}

/** Services that `policy.connect` names and that are not there, or are no tcp services. */
export function connectMistakes(
  policy: PolicyConfig,
  services: Readonly<Record<string, { readonly type: string }>>,
): PolicyMistake[] {
  return policy.connect.flatMap((grant, i) =>
    grant.services.flatMap((name, j) => {
      const path = ['connect', i, 'services', j]
      if (!Object.hasOwn(services, name)) return [{ path, what: `there is no service ${name}` }]
      const type = services[name]?.type
      return type === 'tcp' ? [] : [{ path, what: `${name} is a service of type ${type}, not tcp` }]
    }),
  )
}
