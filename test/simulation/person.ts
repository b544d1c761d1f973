import type { Principal } from '../../relay/identity/principal.ts'

/** Someone whose sign-in lasts longer than any simulation. */
export const person = (subject: string): Principal => ({
  kind: 'person',
  issuer: 'https://id.example.com',
  subject,
  name: subject,
  email: null,
  groups: [],
  authTime: null,
  authentication: { by: 'identity.oidc', tokenId: null, sessionId: null, acr: null },
  expires: 4_000_000_000,
})
