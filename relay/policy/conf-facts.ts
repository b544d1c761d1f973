import { canonicalJson } from '../audit/conf-digest.ts'
import type { ConfFacts } from './request.ts'

/** What a policy may know of a conf; null for a trigger without one. */
export function confFacts(conf: Readonly<Record<string, unknown>> | null): ConfFacts {
  return {
    present: conf !== null,
    bytes: conf === null ? 0 : Buffer.byteLength(canonicalJson(conf)),
    keys: Object.keys(conf ?? {}),
  }
}
