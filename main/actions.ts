import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { EngineSupervisor } from './engine/supervisor.ts'
import type { DesktopHandlers } from './ipc/manager.ts'

export interface Surroundings {
  /** Opens an http(s) URL in the system browser. */
  readonly openExternal: (url: string) => Promise<void>
  readonly copyText: (text: string) => void
}

/** The provider's page of each environment's latest sign-in; good only while that sign-in waits. */
export type SignInPages = Map<string, string>

/** What the engine does with one environment. */
type EnvironmentMethod =
  | 'removeEnvironment'
  | 'signIn'
  | 'cancelSignIn'
  | 'signOut'
  | 'connect'
  | 'disconnect'

/** What the window and the tray can ask for. */
export function desktopActions(
  engine: Pick<EngineSupervisor, 'state' | 'request'>,
  signInPages: SignInPages,
  { openExternal, copyText }: Surroundings,
): DesktopHandlers {
  const localUrl = (environment: string, service: string): string => {
    const found = engine.state.environments.find((e) => e.name === environment)
    if (found === undefined) throw new JetwayError('ENVIRONMENT_UNKNOWN', { environment })
    const url = found.services.find((s) => s.name === service)?.localUrl ?? null
    if (url === null) throw new JetwayError('NOT_CONNECTED', { environment })
    return url
  }

  const passOn = (method: EnvironmentMethod) => async (params: { readonly environment: string }) => {
    await engine.request(method, params)
    return null
  }

  return {
    getState: () => engine.state,
    addEnvironment: async ({ relayUrl }) => {
      const { name } = await engine.request('addEnvironment', { relayUrl })
      // Its outcome shows in the environment's state; the window need not wait for a sign-in.
      void engine.request('connect', { environment: name }).catch(() => undefined)
      return { environment: name }
    },
    removeEnvironment: passOn('removeEnvironment'),
    signIn: passOn('signIn'),
    reopenSignIn: async ({ environment }) => {
      const url = signInPages.get(environment)
      const waits = engine.state.environments.some((e) => e.name === environment && e.signingIn)
      if (url === undefined || !waits) throw new JetwayError('SIGN_IN_REQUIRED', { environment })
      await openExternal(url)
      return null
    },
    cancelSignIn: passOn('cancelSignIn'),
    signOut: passOn('signOut'),
    connect: passOn('connect'),
    disconnect: passOn('disconnect'),
    openService: async ({ environment, service }) => {
      await openExternal(localUrl(environment, service))
      return null
    },
    copyServiceUrl: ({ environment, service }) => {
      copyText(localUrl(environment, service))
      return null
    },
  }
}
