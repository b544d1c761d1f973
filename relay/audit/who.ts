import type { Principal } from '../identity/principal.ts'
import type { AuditRecord } from './record.ts'

/** Who acted, as a record says it. */
export function whoOf(principal: Principal | null): AuditRecord['principal'] {
  return (
    principal && {
      kind: principal.kind,
      issuer: principal.issuer,
      subject: principal.subject,
      name: principal.name,
      email: principal.email,
      groups: principal.groups,
      ...(principal.authentication.sessionId === null ? {} : { session: principal.authentication.sessionId }),
      authentication: {
        by: principal.authentication.by,
        rule: principal.authentication.rule ?? null,
      },
    }
  )
}
