import { asJetwayError, type JetwayError } from '#shared/errors/jetway-error.ts'
import { type AccessRecord, accessRecord } from '../audit/access-record.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { AccessRequest } from '../state/access-request.ts'

/** What is done about a request for access, once it is written down. */
export interface Deed {
  readonly request: Omit<AccessRequest, 'decision' | 'ended'>
  /** @throws why it cannot be done any more */
  act(): Promise<void>
}

/** How it comes about, as a record says it. */
export type Way = Pick<Parameters<typeof accessRecord>[0], 'id' | 'address' | 'via' | 'by'>

type Verb = 'access.request' | 'access.approve' | 'access.deny' | 'access.withdraw'

/**
 * Does something about a request for access: what is about to be done is in the audit log before it is, and what became of
 * it afterwards. What is refused is in it, too.
 *
 * @param o.asked what was asked, in the words of whoever did
 * @param o.find says what that is, or why it is not for them to do
 * @throws AUDIT_UNAVAILABLE (a retry can help), and as `find` and `act` do
 */
export async function doRecorded(o: {
  auditLog: AuditLog
  generation: string
  verb: Verb
  way: Way
  asked: AccessRecord['access'] & { readonly reason: string | null }
  find: () => Deed
}): Promise<Deed['request']> {
  const { auditLog, generation, verb, way } = o
  const { reason, ...asked } = o.asked
  const startedAt = Date.now()
  let access: AccessRecord['access'] = asked
  let error: JetwayError | null = null
  const record = (kind: AccessRecord['kind']) =>
    accessRecord({
      ...{ kind, verb, startedAt, generation, access, error },
      ...way,
      ...(reason === null ? {} : { reason }),
    })
  try {
    const { request, act } = o.find()
    access = { ...asked, ...aboutOf(request) }
    await auditLog.commit(record('intent'))
    await act()
    return request
  } catch (thrown) {
    error = asJetwayError(thrown)
    throw error
  } finally {
    auditLog.append(record('access'))
  }
}

/** Whose request it is and for what. */
function aboutOf({ id, asker, policy, role, dags, tags, seconds }: Deed['request']): AccessRecord['access'] {
  return {
    ...{ request: id, policy, role, dags: dags.join(', '), tags: tags?.join(', ') ?? null, seconds },
    for: asker.name,
    forSubject: asker.subject,
    forIssuer: asker.issuer,
  }
}
