import type { RegisteredSession, SessionRegistry } from './registered-session.ts'
import type { Statements } from './sqlite-statements.ts'

/** All of it may be lost with the machine: so are the sessions. */
export function sqliteSessions(run: Statements): SessionRegistry {
  return {
    async put(s) {
      run.changeUnsynced(
        `insert or replace into sessions (id, relay, issuer, subject, name, address, client, authenticated_by, acr,
           key_thumbprint, provider_session, signed_in_at, started_at, seen_at, active_at, bytes_received, bytes_sent)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        s.id,
        s.relay,
        s.issuer,
        s.subject,
        s.name,
        s.address,
        s.client,
        s.authenticatedBy,
        s.acr,
        s.keyThumbprint,
        s.providerSession,
        s.signedInAt,
        s.startedAt,
        s.seenAt,
        s.activeAt,
        s.bytesReceived,
        s.bytesSent,
      )
    },
    async remove(id) {
      run.changeUnsynced('delete from sessions where id = ?', id)
    },
    async seen(relay, now, active) {
      // One statement, however many there are: a disk that is slow is waited for once.
      run.changeUnsynced(
        `update sessions set seen_at = ?, active_at = coalesce(now.active_at, sessions.active_at),
           bytes_received = coalesce(now.received, bytes_received), bytes_sent = coalesce(now.sent, bytes_sent)
         from (select sessions.id as of, value ->> 'activeAt' as active_at, value ->> 'bytesReceived' as received,
                 value ->> 'bytesSent' as sent
               from sessions left join json_each(?) on value ->> 'id' = sessions.id where relay = ?) as now
         where sessions.id = now.of`,
        now,
        JSON.stringify(active),
        relay,
      )
    },
    async list(after) {
      run.changeUnsynced('delete from sessions where seen_at <= ?', after)
      return run.all<RegisteredSession>(
        `select id, relay, issuer, subject, name, address, client, authenticated_by as authenticatedBy, acr,
           key_thumbprint as keyThumbprint, provider_session as providerSession, signed_in_at as signedInAt, started_at as startedAt,
           seen_at as seenAt, active_at as activeAt, bytes_received as bytesReceived, bytes_sent as bytesSent
         from sessions order by started_at, id`,
      )
    },
  }
}
