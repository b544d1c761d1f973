import { homedir } from 'node:os'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { ActivityEntry } from '#shared/ipc/activity.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { DesktopParams } from '#shared/ipc/desktop.ts'
import type { Finding } from '#shared/ipc/finding.ts'
import type { DesktopStore } from './desktop-store.ts'
import type { EngineSupervisor } from './engine/supervisor.ts'
import type { Feed } from './feed/feed.ts'
import type { RecentDag } from './feed/recent-dags.ts'
import type { DesktopHandlers } from './ipc/manager.ts'
import type { ResolveProxies } from './proxy/resolve-proxies.ts'
import type { RequestsFeed } from './requests/requests-feed.ts'
import { accessRequestText, reportText } from './texts.ts'

export interface Surroundings {
  /** Opens an http(s) URL in the system browser. */
  readonly openExternal: (url: string) => Promise<void>
  readonly copyText: (text: string) => void
  /** Shows a folder of ours in the system's file manager. */
  readonly openFolder: (folder: DesktopParams['openFolder']['folder']) => Promise<void>
  readonly setSettings: (changed: DesktopParams['setSettings']) => Promise<void>
  /** The person takes a text to someone, which asks for what was refused. */
  readonly onRequestCopied: (environment: string, entry: ActivityEntry) => void
  /** Starts the version that was downloaded. */
  readonly installUpdate: () => void
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

/** What the window and the tray can ask for; only the tray opens DAGs. */
export function desktopActions(
  o: {
    readonly request: EngineSupervisor['request']
    readonly store: Pick<DesktopStore, 'state' | 'change'>
    readonly feed: Feed
    readonly requestsFeed: Pick<RequestsFeed, 'watch'>
    readonly proxies: Pick<ResolveProxies, 'complete'>
    readonly signInPages: SignInPages
  } & Surroundings,
): {
  readonly actions: DesktopHandlers
  /** @throws NOT_CONNECTED, ENVIRONMENT_UNKNOWN */
  readonly openDag: (environment: string, dag: RecentDag) => Promise<void>
} {
  const { request, store, feed, requestsFeed, proxies, signInPages } = o
  /** Of the last diagnosis of each environment. */
  const findings = new Map<string, readonly Finding[]>()

  const find = (environment: string): EnvironmentStatus => {
    const found = store.state.environments.find(({ name }) => name === environment)
    if (found === undefined) throw new JetwayError('ENVIRONMENT_UNKNOWN', { environment })
    return found
  }

  const localUrl = (environment: string, service: string): string => {
    const url = find(environment).services.find(({ name }) => name === service)?.localUrl ?? null
    if (url === null) throw new JetwayError('NOT_CONNECTED', { environment })
    return url
  }

  const passOn = (method: EnvironmentMethod) => async (params: { readonly environment: string }) => {
    await request(method, params)
    return null
  }

  /** Its outcome shows in the environment's state; the window need not wait for a sign-in. */
  const begin = (environment: string): void => {
    void request('connect', { environment }).catch(() => undefined)
  }

  const add = async (relayUrl: string): Promise<string> => {
    const { name } = await request('addEnvironment', { relayUrl })
    begin(name)
    return name
  }

  // Airflow 2 leads on from there to its grid, Airflow 3 shows its page.
  const openDag = (environment: string, { service, dag }: RecentDag): Promise<void> =>
    o.openExternal(new URL(`/dags/${encodeURIComponent(dag)}`, localUrl(environment, service)).href)

  const actions: DesktopHandlers = {
    getState: () => store.state,
    addEnvironment: async ({ relayUrl }) => ({ environment: await add(relayUrl) }),
    removeEnvironment: passOn('removeEnvironment'),
    signIn: passOn('signIn'),
    reopenSignIn: async ({ environment }) => {
      const url = signInPages.get(environment)
      if (url === undefined || !find(environment).signingIn) {
        throw new JetwayError('SIGN_IN_REQUIRED', { environment })
      }
      await o.openExternal(url)
      return null
    },
    cancelSignIn: passOn('cancelSignIn'),
    signOut: passOn('signOut'),
    connect: passOn('connect'),
    disconnect: passOn('disconnect'),
    openService: async ({ environment, service }) => {
      await o.openExternal(localUrl(environment, service))
      return null
    },
    copyServiceUrl: ({ environment, service }) => {
      o.copyText(localUrl(environment, service))
      return null
    },
    setAppearance: async (params) => {
      await request('setAppearance', params)
      return null
    },
    setPort: async (params) => {
      const wasInTheWay = find(params.environment).lastError?.code === 'PORT_TAKEN'
      await request('setPort', params)
      if (wasInTheWay) begin(params.environment)
      return null
    },
    getAccess: (params) => request('access', params),
    watchAccessRequests: async ({ environment }) => {
      await requestsFeed.watch(environment)
      return null
    },
    // What comes of them is told to everyone who watches.
    requestAccess: async (params) => {
      await request('requestAccess', params)
      return null
    },
    decideAccessRequest: async (params) => {
      await request('decideAccessRequest', params)
      return null
    },
    endAccessRequest: async (params) => {
      await request('endAccessRequest', params)
      return null
    },
    watchActivity: ({ environment }) => feed.watchActivity(environment),
    unwatchActivity: ({ environment }) => {
      feed.unwatchActivity(environment)
      return null
    },
    watchTraffic: ({ environment }) => feed.watchTraffic(environment),
    unwatchTraffic: ({ environment }) => {
      feed.unwatchTraffic(environment)
      return null
    },
    diagnose: async ({ environment }) => {
      const found = await proxies.complete(find(environment).relayUrl, () =>
        request('diagnose', { environment }),
      )
      findings.set(environment, found)
      return found
    },
    copyReport: ({ environment }) => {
      o.copyText(
        reportText({
          environment: find(environment),
          findings: findings.get(environment) ?? [],
          about: store.state.about,
          platform: `${process.platform} ${process.arch}`,
          home: homedir(),
        }),
      )
      return null
    },
    copyAccessRequest: ({ environment, entry }) => {
      const denied = feed.denials.find(environment, entry)
      if (denied === null) throw new JetwayError('ENTRY_UNKNOWN')
      o.copyText(accessRequestText(find(environment), denied))
      o.onRequestCopied(environment, denied)
      return null
    },
    setSettings: async (changed) => {
      await o.setSettings(changed)
      return null
    },
    openFolder: async ({ folder }) => {
      await o.openFolder(folder)
      return null
    },
    answerLink: async ({ accept }) => {
      const link = store.state.pendingLink
      if (accept && link !== null) await add(link.relayUrl)
      // What failed stays, so that it can be tried again.
      store.change({ pendingLink: null })
      return null
    },
    arrive: () => {
      store.change({ goTo: null })
      return null
    },
    installUpdate: () => {
      o.installUpdate()
      return null
    },
  }
  return { actions, openDag }
}
