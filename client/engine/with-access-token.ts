import { asJetwayError } from '#shared/errors/jetway-error.ts'
import type { DpopKey } from '../auth/dpop-key.ts'

/** Gives an access token; another one than `unlike`, which will not do. */
export type AccessToken = (unlike?: string) => Promise<PresentedToken>

export interface PresentedToken {
  readonly token: string
  /** That it is bound to; none for a bearer token. */
  readonly key?: DpopKey | null
}

/** Uses an access token. One that the relay refuses is renewed once. @throws as `accessToken` and `use` */
export async function withAccessToken<T>(
  accessToken: AccessToken,
  use: (presented: PresentedToken) => Promise<T>,
): Promise<T> {
  const presented = await accessToken()
  return use(presented).catch(async (error: unknown) => {
    const { code } = asJetwayError(error)
    if (code !== 'UNAUTHENTICATED' && code !== 'TOKEN_EXPIRED') throw error
    return use(await accessToken(presented.token))
  })
}
