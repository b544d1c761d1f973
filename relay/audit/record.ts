import type { JetwayError } from '#shared/errors/jetway-error.ts'

/**
 * One line of the audit log. The shape is final: members are null where they do not apply, and but for `reason`,
 * `principal.session` and `principal.authentication`, which older records have not, never left out.
 */
export interface AuditRecord {
  readonly version: 1
  /**
   * - `request`: something was asked of a service, and has ended
   * - `intent`: it may change something and was allowed; its `request` (or `reload`, or `access`) follows, under the same id
   * - `session`: someone came, went, or was not let in
   * - `reload`: the configuration was swapped, or was not; see reload-record.ts
   * - `access`: what decides who may come in was changed while the relay ran; see access-record.ts
   */
  readonly kind: 'request' | 'intent' | 'session' | 'reload' | 'access'
  /** ISO 8601, UTC, milliseconds: when it began. */
  readonly time: string
  /** The request's id, also in its X-Request-Id header, the relay's log and any problem document. */
  readonly id: string
  readonly principal: {
    readonly kind: 'person' | 'machine'
    readonly issuer: string
    readonly subject: string
    readonly name: string
    readonly email: string | null
    readonly groups: readonly string[]
    /** The session at whoever let them in: `sid` of the provider, the name of the role session at AWS. Left out where there is none. */
    readonly session?: string
    /** By which part of the configuration it was known who it is, and by which rule of that, where it has rules. */
    readonly authentication?: { readonly by: string; readonly rule: string | null }
  } | null
  /** The agent through which the principal acted. */
  readonly agent: { readonly subject: string; readonly client: string } | null
  readonly source: {
    readonly address: string
    /**
     * `tunnel`: through a client's session; `direct`: HTTP with a credential of its own; `signal`, `command`: on the
     * relay's own machine, which has no address.
     */
    readonly via: 'tunnel' | 'direct' | 'signal' | 'command'
    readonly session: string | null
    readonly userAgent: string | null
  }
  readonly service: string | null
  readonly method: string | null
  /** The path as it was asked for, without its query. */
  readonly path: string | null
  /** Airflow's operationId. */
  readonly operation: string | null
  /** `run.trigger` and so on; for sessions `session.open`, `session.resume`, `session.close`, `session.refuse`; `token.issue`; `relay.reload`; those of access-record.ts. */
  readonly verb: string | null
  readonly resource: {
    readonly dag: string | null
    readonly run: string | null
    readonly task: string | null
    readonly name: string | null
  } | null
  /**
   * All that it touches, where that is more than `verb` on `resource`: a bulk body, a list of DAGs, several verbs.
   * Of what changes nothing, the first 100.
   */
  readonly touched:
    | readonly {
        readonly verb: string
        readonly dag: string | null
        readonly run: string | null
        readonly task: string | null
        readonly name: string | null
      }[]
    | null
  /** `sha256:` + hex over the conf of a trigger, keys sorted (RFC 8785). */
  readonly confDigest: string | null
  readonly decision: {
    readonly effect: 'allow' | 'deny'
    readonly policies: readonly string[]
    readonly obligations: readonly string[]
    /** Why it was denied, a code of the error table. */
    readonly code: string | null
  } | null
  /** The id of the request for access that was approved, where nothing else would have allowed it. */
  readonly approval: string | null
  /** Hash of the configuration that decided. */
  readonly generation: string
  /** HTTP status sent to the person; null where none was sent. */
  readonly status: number | null
  /** Why it did not complete, a code of the error table. */
  readonly error: string | null
  readonly bytes: { readonly received: number; readonly sent: number }
  readonly durationMs: number
  /** Why it was done, in the person's own words. Left out where none was asked for, so that older records still fit. */
  readonly reason?: string
}

/** What a record says where nothing was asked of a service; in the place that its members have in every record. */
export function ofNoService<Verb extends string>(verb: Verb) {
  return {
    service: null,
    method: null,
    path: null,
    operation: null,
    verb,
    resource: null,
    touched: null,
    confDigest: null,
  }
}

/** The decision on what no policy is asked about: it was done, or this is why it was not. */
export function decidedByRelay(error: JetwayError | null): AuditRecord['decision'] {
  const [effect, code] = error === null ? (['allow', null] as const) : (['deny', error.code] as const)
  return { effect, policies: [], obligations: [], code }
}
