/** One thing that was looked at when someone asks why it does not work. */
export interface Finding {
  readonly check: 'dns' | 'proxy' | 'tls' | 'relay' | 'provider' | 'clock' | 'keychain' | 'ports' | 'session'
  /** `skipped`: something before it failed. */
  readonly state: 'running' | 'ok' | 'warning' | 'failed' | 'skipped'
  /** What was found, in one line. */
  readonly title: string
  /** More of it; null for nothing. No secret, no token. */
  readonly detail: string | null
  /** What the person can do; null where there is nothing to do. */
  readonly action: string | null
  readonly durationMs: number
}
