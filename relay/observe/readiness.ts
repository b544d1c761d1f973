/** Whether a relay takes what is new: each of what was checked, true where it is fine. */
export type Readiness = Readonly<Record<'accepting' | 'provider' | 'audit', boolean>>

/** What `/readyz` answers. */
export function readinessAnswer(checks: Readiness): { readonly status: 200 | 503; readonly body: string } {
  const ready = Object.values(checks).every(Boolean)
  return {
    status: ready ? 200 : 503,
    body: JSON.stringify({ status: ready ? 'ready' : 'not ready', checks }),
  }
}
