import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { oidcConfig } from '#shared/config/identity/oidc.ts'
import { createOidcAuthenticator } from '../../../../relay/identity/oidc.ts'
import { audience, startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'

let provider: TokenProvider
beforeAll(async () => {
  provider = await startTokenProvider()
})
afterAll(() => provider.close())
afterEach(() => vi.useRealTimers())

/** With the clock standing still, so that a second is a second. */
async function refusalOf(claims: (now: number) => object, clockToleranceSeconds = 30): Promise<Error | null> {
  vi.useFakeTimers({ toFake: ['Date'] })
  const token = await provider.token({ ...claims(Math.floor(Date.now() / 1000)) })
  const config = { issuer: provider.issuer, audience, clientId: 'jetway', clockToleranceSeconds }
  return createOidcAuthenticator(oidcConfig.parse(config))
    .authenticate(token)
    .then(
      () => null,
      (error) => error,
    )
}

const causeOf = (error: Error | null) => (error?.cause instanceof Error ? error.cause.message : '')

test.each([
  [0, 0],
  [30, 30],
  [60, 60],
])('with a tolerance of %i s, what is from %i s ahead is good', async (tolerance, ahead) => {
  expect(await refusalOf((now) => ({ iat: now + ahead }), tolerance)).toBeNull()
  expect(await refusalOf((now) => ({ nbf: now + ahead }), tolerance)).toBeNull()
  expect(await refusalOf((now) => ({ auth_time: now + ahead }), tolerance)).toBeNull()
})

test.each([
  [0, 1],
  [30, 31],
  [60, 61],
  [60, 600],
])(
  'with a tolerance of %i s, %i s ahead is refused, and the log says by how much',
  async (tolerance, ahead) => {
    for (const claim of ['iat', 'nbf', 'auth_time']) {
      const error = await refusalOf((now) => ({ [claim]: now + ahead }), tolerance)
      expect(error).toMatchObject({ code: 'UNAUTHENTICATED' })
      expect(causeOf(error)).toContain(`${ahead} s from now: this machine’s clock is at least`)
      expect(error?.message).not.toContain(String(ahead))
    }
  },
)

test.each([
  [0, 0, 'TOKEN_EXPIRED'],
  [30, 29, null],
  [30, 30, 'TOKEN_EXPIRED'],
  [60, 59, null],
  [60, 60, 'TOKEN_EXPIRED'],
])('with a tolerance of %i s, a token that ran out %i s ago is %s', async (tolerance, late, code) => {
  const error = await refusalOf((now) => ({ iat: now - 300, exp: now - late }), tolerance)
  if (code === null) expect(error).toBeNull()
  else expect(error).toMatchObject({ code })
})

test('one that ran out is not said to be a clock, unless it is late by more than its life', async () => {
  const forgotten = await refusalOf((now) => ({ iat: now - 400, exp: now - 100 }))
  expect(causeOf(forgotten)).toBe('the token ran out 100 s ago and was good for 300 s')
  const skewed = await refusalOf((now) => ({ iat: now - 900, exp: now - 600 }))
  expect(causeOf(skewed)).toContain('if it was new, this machine’s clock is 600 to 900 s ahead')
})
