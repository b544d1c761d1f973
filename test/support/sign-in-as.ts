import type { SignInOptions, SignInPage } from '#client/auth/sign-in-request.ts'
import { signInOverHttp } from '../../demo/sign-in-over-http.ts'

/** Options of a sign-in that `user` does at once, in whatever way it is asked for. `done` settles with their browser. */
export function signInAs(user: string): Omit<SignInOptions, 'provider' | 'oidc'> & {
  readonly device: boolean
  readonly same: boolean
  readonly done: () => Promise<void>
} {
  let browsing = Promise.resolve()
  return {
    device: false,
    same: false,
    key: null,
    wished: null,
    signal: AbortSignal.timeout(30_000),
    show: (page) => {
      browsing = signInOverHttp(urlOf(page), user)
      browsing.catch(() => {})
    },
    done: () => browsing,
  }
}

function urlOf(page: SignInPage): string {
  return page.kind === 'browser' ? page.url : (page.verificationUriComplete ?? page.verificationUri)
}
