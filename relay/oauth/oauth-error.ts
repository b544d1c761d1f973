/** What the token endpoint answers to those who get no token (RFC 6749 §5.2). The cause is for the log. */
export class OAuthError extends Error {
  readonly error:
    | 'invalid_request'
    | 'invalid_client'
    | 'invalid_grant'
    | 'unsupported_grant_type'
    | 'invalid_dpop_proof'
    | 'use_dpop_nonce'
  readonly status: 400 | 401

  /** @param description for people; nothing of how what they brought was checked */
  constructor(error: OAuthError['error'], description: string, cause?: unknown) {
    super(description, { cause })
    this.error = error
    this.status = error === 'invalid_client' ? 401 : 400
  }
}
