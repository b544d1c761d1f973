import { afterEach, expect, test, vi } from 'vitest'
import { Credentials } from '#client/auth/credentials.ts'
import { memoryStore } from '#client/auth/token-store.ts'
import { ownRealm } from '../support/keycloak/own-realm.ts'
import { clientId } from '../support/keycloak/realm.ts'
import { signInAs } from '../support/sign-in-as.ts'

afterEach(() => vi.restoreAllMocks())

test('a clock that is ahead is named, though Keycloak tells no time but in its tokens', async () => {
  const realm = await ownRealm()
  try {
    const { now } = Date
    vi.spyOn(Date, 'now').mockImplementation(() => now() + 600_000)
    const credentials = new Credentials({ environment: 'x', account: 'x', store: memoryStore(null) })
    const signingIn = credentials.signIn(
      { issuer: realm.issuer, clientId, scopes: ['openid'], resource: null, redirectPorts: null },
      null,
      signInAs('ana'),
    )
    await expect(signingIn).rejects.toMatchObject({
      code: 'CLOCK_SKEW',
      message: expect.stringContaining('This machine’s clock is 10 minutes ahead of the provider’s'),
    })
  } finally {
    await realm.remove()
  }
})
