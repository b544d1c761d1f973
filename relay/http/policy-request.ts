import type { ResolvedOperation } from '#shared/airflow/operation.ts'
import type { Principal } from '../identity/principal.ts'
import type { PolicyRequest } from '../policy/request.ts'
import type { Exchange } from './exchange.ts'

const maxReasonChars = 200

/**
 * What an exchange asks of the policy.
 *
 * @param tags of the DAG; null where they cannot be known
 */
export function policyRequestOf(
  exchange: Exchange,
  principal: Principal,
  { operation, resource }: ResolvedOperation,
  tags: readonly string[] | null,
): PolicyRequest {
  return {
    principal,
    operation,
    resource,
    tags,
    context: {
      time: Date.now(),
      sourceIp: exchange.address === '' ? null : exchange.address,
      via: exchange.tunnel ? 'tunnel' : 'direct',
      service: exchange.serviceName,
      method: exchange.request.method ?? null,
      reason: reasonOf(exchange),
      conf: exchange.conf,
    },
  }
}

/** The Jetway-Reason header: why, in the words of the person. */
export function reasonOf({ request }: Exchange): string | null {
  const value = request.headers['jetway-reason']
  if (typeof value !== 'string' || value.trim() === '' || value.length > maxReasonChars) return null
  return value.trim()
}
