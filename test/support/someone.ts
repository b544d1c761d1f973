import type { Principal } from '../../relay/identity/principal.ts'

/** Someone, whichever way they come. */
export interface Someone {
  readonly kind: Principal['kind']
  readonly subject: string
  readonly email: string | null
  /** Null where nobody says. */
  readonly groups: readonly string[] | null
  readonly authTime: number | null
  readonly acr: string | null
}
