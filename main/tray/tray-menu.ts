import { waitingWords } from '#shared/ipc/access-request-words.ts'
import { labelWithVersion, versionChange } from '#shared/ipc/airflow-version.ts'
import type { EnvironmentStatus, ServiceStatus, TakenPort } from '#shared/ipc/control.ts'
import type { DesktopState, UpdateState } from '#shared/ipc/desktop.ts'
import { phaseOf, serviceLabel, statusLine } from '#shared/ipc/phase.ts'
import type { RecentDag } from '../feed/recent-dags.ts'
import { requestItems, waitingIn } from './request-items.ts'

/** What a person can do from the tray. */
export type TrayAction =
  | {
      readonly do: 'connect' | 'disconnect' | 'signIn' | 'signOut' | 'cancelSignIn' | 'reopenSignIn'
      readonly environment: string
    }
  | { readonly do: 'openService' | 'copyServiceUrl'; readonly environment: string; readonly service: string }
  | { readonly do: 'setPort'; readonly environment: string; readonly service: string; readonly port: number }
  | {
      readonly do: 'openDag'
      readonly environment: string
      readonly service: string
      readonly dag: string
    }
  | { readonly do: 'showRequests'; readonly environment: string; readonly request: string | null }
  | { readonly do: 'setStartAtLogin'; readonly on: boolean }
  | { readonly do: 'openWindow' | 'installUpdate' | 'quit' }

export type TrayItem =
  | { readonly kind: 'separator' }
  /** A line to read; an item without an action would look like one that is broken. */
  | { readonly kind: 'text'; readonly label: string }
  | {
      readonly kind: 'action'
      readonly label: string
      readonly enabled: boolean
      readonly action: TrayAction
    }
  | {
      readonly kind: 'checkbox'
      readonly label: string
      readonly checked: boolean
      readonly action: TrayAction
    }
  | { readonly kind: 'submenu'; readonly label: string; readonly items: readonly TrayItem[] }

/** The DAGs that a person had to do with last in an environment. */
export type RecentDagsOf = (environment: string) => readonly RecentDag[]

const separator: TrayItem = { kind: 'separator' }

/** The tray's menu: flat for one environment, a submenu each for several. */
export function trayMenu(state: DesktopState, recentDags: RecentDagsOf): readonly TrayItem[] {
  const { startAtLogin } = state.settings
  return [
    ...requestItems(state),
    ...environmentItems(state, recentDags),
    separator,
    action('Open Jetway', { do: 'openWindow' }),
    {
      kind: 'checkbox',
      label: 'Start at login',
      checked: startAtLogin,
      action: { do: 'setStartAtLogin', on: !startAtLogin },
    },
    separator,
    ...updateItems(state.update),
    action('Quit', { do: 'quit' }),
  ]
}

function updateItems(update: UpdateState): readonly TrayItem[] {
  if (update.kind !== 'ready') return []
  return [action(`Update to ${update.version} and restart`, { do: 'installUpdate' })]
}

/** The tray's tooltip: one line for each environment. */
export function trayTooltip(state: DesktopState): string {
  const lines = state.environments.map((environment) => {
    const { length } = waitingIn(state, environment)
    return `${statusLine(environment)}${length === 0 ? '' : ` · ${waitingWords(length)}`}`
  })
  return lines.length === 0 ? `Jetway · ${emptyText(state)}` : lines.join('\n')
}

function environmentItems(state: DesktopState, recentDags: RecentDagsOf): readonly TrayItem[] {
  const [first, ...others] = state.environments
  if (first === undefined || state.engine !== 'running') return [{ kind: 'text', label: emptyText(state) }]
  if (others.length === 0) return oneEnvironment(first, recentDags)
  return state.environments.map((environment) => ({
    kind: 'submenu',
    label: statusLine(environment),
    items: oneEnvironment(environment, recentDags).slice(1),
  }))
}

function emptyText(state: DesktopState): string {
  if (state.engine === 'running') return 'No environment yet'
  return state.engine === 'starting' ? 'Starting…' : 'Starting again…'
}

function oneEnvironment(environment: EnvironmentStatus, recentDags: RecentDagsOf): readonly TrayItem[] {
  const of = { environment: environment.name }
  return [
    { kind: 'text', label: statusLine(environment) },
    ...connectItems(environment),
    separator,
    ...environment.services.flatMap((service) => serviceItems(environment, service)),
    ...recentItems(environment, recentDags(environment.name)),
    separator,
    environment.signedIn
      ? action('Sign out', { do: 'signOut', ...of })
      : action('Sign in', { do: 'signIn', ...of }, !environment.signingIn),
  ]
}

function connectItems(environment: EnvironmentStatus): readonly TrayItem[] {
  const of = { environment: environment.name }
  if (environment.signingIn) {
    return [
      action('Open the browser again', { do: 'reopenSignIn', ...of }),
      action('Cancel sign-in', { do: 'cancelSignIn', ...of }),
    ]
  }
  switch (phaseOf(environment)) {
    case 'signing-in':
    case 'connected':
    case 'connecting':
    case 'reconnecting':
      return [
        ...(environment.stepUp === null ? [] : [action('Sign in again', { do: 'signIn', ...of })]),
        action('Disconnect', { do: 'disconnect', ...of }),
      ]
    case 'disconnected':
    case 'needs-you':
      return [action('Connect', { do: 'connect', ...of })]
  }
}

function serviceItems(environment: EnvironmentStatus, service: ServiceStatus): readonly TrayItem[] {
  const of = { environment: environment.name, service: service.name }
  const name = serviceLabel(service)
  const copy = environment.services.length === 1 ? 'Copy URL' : `Copy URL of ${name}`
  const bound = service.localUrl !== null
  if (service.taken !== null) return takenItems(environment, service, service.taken)
  return [
    ...versionItems(service),
    // A tcp service has an address and nothing that a browser could show.
    ...(service.type === 'tcp'
      ? []
      : [action(`Open ${name}`, { do: 'openService', ...of }, bound && environment.state === 'connected')]),
    action(copy, { do: 'copyServiceUrl', ...of }, bound),
  ]
}

function takenItems(
  environment: EnvironmentStatus,
  service: ServiceStatus,
  { owner, suggestion }: TakenPort,
): readonly TrayItem[] {
  const name = serviceLabel(service)
  const text: TrayItem = { kind: 'text', label: `${name}: port ${service.localPort} is used by ${owner}` }
  if (suggestion === null) return [text]
  const of = { environment: environment.name, service: service.name }
  return [text, action(`Use port ${suggestion} for ${name}`, { do: 'setPort', ...of, port: suggestion })]
}

function versionItems(service: ServiceStatus): readonly TrayItem[] {
  if (service.airflow === null) return []
  const change = versionChange(service)
  return [{ kind: 'text', label: `${labelWithVersion(service)}${change === null ? '' : `, ${change}`}` }]
}

function recentItems(environment: EnvironmentStatus, dags: readonly RecentDag[]): readonly TrayItem[] {
  // Elsewhere their pages would only say that nothing is connected.
  if (environment.state !== 'connected') return []
  const isHere = ({ service }: RecentDag) =>
    environment.services.some(({ name, localUrl }) => name === service && localUrl !== null)
  const items = dags
    .filter(isHere)
    .map(({ service, dag }) => action(dag, { do: 'openDag', environment: environment.name, service, dag }))
  return items.length === 0 ? [] : [{ kind: 'submenu', label: 'Recent DAGs', items }]
}

function action(label: string, what: TrayAction, enabled = true): TrayItem {
  return { kind: 'action', label, enabled, action: what }
}
