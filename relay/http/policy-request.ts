import type { ResolvedOperation } from '#shared/airflow/operation.ts'
import type { Principal } from '../identity/principal.ts'
import type { PolicyRequest } from '../policy/request.ts'
import type { Exchange } from './exchange.ts'
import { reasonOf } from './reason.ts'

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
      reason: reasonOf(exchange.request),
      conf: exchange.conf,
    },
  }
}
