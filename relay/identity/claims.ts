import type { JWTPayload } from 'jose'
import { groupsOf } from './groups.ts'
import { machineClientOf } from './machine-client.ts'
import type { Principal } from './principal.ts'
import { isPrintable } from './printable.ts'

const maxEmailChars = 256

/**
 * Who a verified token stands for. Whatever cannot be read for certain counts as absent, and absent groups give
 * no rights.
 *
 * @param subjectClaim names a person; a machine is named by its `sub`
 * @throws Error when the subject or the groups are not usable at all
 */
export function principalOf(
  payload: JWTPayload,
  groupsClaim: string,
  by: string,
  subjectClaim = 'sub',
): Principal {
  const { iss = '', sub = '', exp = 0 } = payload
  const kind = machineClientOf(payload) === null ? 'person' : 'machine'
  const subject = kind === 'machine' ? sub : payload[subjectClaim]
  if (!isPrintable(sub) || !isPrintable(subject)) throw new Error('the subject is not printable')
  const email = emailOf(payload.email)
  const preferred = payload.preferred_username
  const name = email ?? (isPrintable(preferred) ? preferred : sub)
  return Object.freeze({
    kind,
    issuer: iss,
    subject,
    name,
    email,
    ...groupsOf(payload, groupsClaim),
    authTime: typeof payload.auth_time === 'number' ? payload.auth_time : null,
    expires: Math.floor(exp),
    authentication: Object.freeze({
      by,
      tokenId: shortText(payload.jti),
      sessionId: shortText(payload.sid),
      acr: shortText(payload.acr),
      ...(typeof payload.iat === 'number' ? { issuedAt: payload.iat } : {}),
    }),
  } as const)
}

/** One `@`, printable ASCII, no spaces: anything else is read differently somewhere. */
function emailOf(value: unknown): string | null {
  return typeof value === 'string' && value.length <= maxEmailChars && /^[!-?A-~]+@[!-?A-~]+$/.test(value)
    ? value
    : null
}

function shortText(value: unknown): string | null {
  return isPrintable(value) ? value : null
}
