import { createHash } from 'node:crypto'
import type { Statements } from './sqlite-statements.ts'
import type { SignIn, State } from './state.ts'

/** Those that are over are forgotten once in so many. */
const sweepEvery = 64

const columns =
  'id, issuer, subject, provider_session as providerSession, data, key_thumbprint as keyThumbprint, expires'
const lasting = 'ended_at is null and expires > ?'

/** The sign-ins that the relay itself keeps. */
export function sqliteSignIns(run: Statements): State['signIns'] {
  let added = 0
  return {
    async add({ id, issuer, subject, providerSession, data, expires }, code, codeExpires, now) {
      added += 1
      if (added % sweepEvery === 0) run.change('delete from sign_ins where expires <= ?', now)
      run.change(
        `insert into sign_ins (id, issuer, subject, provider_session, data, expires, code_hash, code_expires)
         values (?, ?, ?, ?, ?, ?, ?, ?)`,
        id,
        issuer,
        subject,
        providerSession,
        data,
        expires,
        digest(code),
        codeExpires,
      )
    },
    async ofCode(code, now) {
      const [found] = run.all<SignIn & { used: number }>(
        `select ${columns}, refresh_hash is not null as used from sign_ins
         where code_hash = ? and code_expires > ? and ${lasting}`,
        digest(code),
        now,
        now,
      )
      if (!found) return null
      const { used, ...signIn } = found
      return { signIn, used: used === 1 }
    },
    spendCode: async (code, refreshToken, keyThumbprint, now) =>
      run.change(
        `update sign_ins set refresh_hash = ?, key_thumbprint = ?
         where code_hash = ? and code_expires > ? and refresh_hash is null and ${lasting}`,
        digest(refreshToken),
        keyThumbprint,
        digest(code),
        now,
        now,
      ) === 1,
    find: async (id, now) =>
      run.all<SignIn>(`select ${columns} from sign_ins where id = ? and ${lasting}`, id, now)[0] ?? null,
    recall: async (id, now) =>
      run.all<SignIn>(`select ${columns} from sign_ins where id = ? and expires > ?`, id, now)[0] ?? null,
    rotate: async (id, present, next, now) =>
      run.change(
        `update sign_ins set refresh_hash = ? where id = ? and refresh_hash = ? and ${lasting}`,
        digest(next),
        id,
        digest(present),
        now,
      ) === 1,
    end: async (which, now) =>
      'id' in which
        ? ended(run, 'id = ?', now, which.id)
        : ended(
            run,
            'issuer = ? and subject = ? and (? is null or provider_session = ?)',
            now,
            which.issuer,
            which.subject,
            which.providerSession,
            which.providerSession,
          ),
  }
}

/** One statement: what it says has ended was ended by this call. */
function ended(run: Statements, where: string, now: number, ...values: (string | null)[]): readonly SignIn[] {
  return run.all<SignIn>(
    `update sign_ins set ended_at = ? where ${where} and ended_at is null returning ${columns}`,
    now,
    ...values,
  )
}

function digest(secret: string): Uint8Array {
  return createHash('sha256').update(secret).digest()
}
