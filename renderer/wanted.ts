/** Requests for access that the person has come for, from the tray or a notification. */
export interface Wanted {
  /** The id of one; null for all that wait. */
  readonly request: string | null
}
