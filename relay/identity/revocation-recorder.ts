import { accessRecord } from '../audit/access-record.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { RevocationChange } from '../state/revocation.ts'
import type { State } from '../state/state.ts'

/**
 * Puts into the audit log what was done about people's access, by whichever process: a command, a provider's event. What
 * cannot be recorded now is recorded the next time, also by the next relay. Of several relays that share a state one
 * records it; two, when they notice at once.
 *
 * @returns to be called when something may have been done
 */
export function revocationRecorder(
  { revocations }: State,
  auditLog: AuditLog,
  generation: () => string,
  onError: (error: unknown) => void,
): () => void {
  let [isRecording, isDue] = [false, false]
  const record = async () => {
    while (isDue) {
      isDue = false
      for (const change of await revocations.unrecorded()) {
        await auditLog.commit(recordOf(change, generation()))
        await revocations.recorded(change)
      }
    }
  }
  return () => {
    isDue = true
    if (isRecording) return
    isRecording = true
    void record()
      .catch(onError)
      .finally(() => {
        isRecording = false
      })
  }
}

function recordOf({ change, revocation, by, at }: RevocationChange, generation: string) {
  const { id, kind, who, issuer, effect, until, reason } = revocation
  const made = effect === 'revoked' ? 'access.revoke' : 'access.end'
  return accessRecord({
    id,
    verb: change === 'made' ? made : 'access.restore',
    startedAt: at * 1000,
    address: '',
    // An issuer is an address of the web, and an operator is none.
    via: URL.canParse(by) ? 'direct' : 'command',
    generation,
    access: { kind, who, issuer, by, until },
    reason,
    error: null,
  })
}
