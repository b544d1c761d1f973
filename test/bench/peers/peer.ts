import type { Site } from '../site.ts'

/** A way to the upstream that is measured. */
export interface Path {
  readonly name: string
  /** What the near side asks: http or https, with the port. */
  readonly url: string
  /** Bearer token, where the way asks for one. */
  readonly token?: string
}

/** Why a peer is not in the table. */
interface Absent {
  readonly name: string
  readonly reason: string
}

export interface Upstream {
  /** On the far side's address. */
  readonly port: number
  readonly httpsPort: number
}

/** Starts one peer; what it starts ends with the site's processes. */
export type StartPeer = (site: Site, upstream: Upstream) => Promise<Path | Absent>

/** Whether a program is there to be started. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
