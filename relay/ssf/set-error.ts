/** Why a Security Event Token is not taken (RFC 8935 §2.4). The cause is for the log. */
export class SetError extends Error {
  readonly err:
    | 'invalid_request'
    | 'invalid_key'
    | 'invalid_issuer'
    | 'invalid_audience'
    | 'authentication_failed'

  /** @param description for whoever runs the transmitter; nothing of how what it sent was checked */
  constructor(err: SetError['err'], description: string, cause?: unknown) {
    super(description, { cause })
    this.err = err
  }
}
