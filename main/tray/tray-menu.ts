import type { EnvironmentStatus, ServiceStatus } from '#shared/ipc/control.ts'
import type { DesktopState } from '#shared/ipc/desktop.ts'
import { phaseOf, serviceLabel, statusLine } from '#shared/ipc/phase.ts'

/** What a person can do from the tray. */
export type TrayAction =
  | {
      readonly do: 'connect' | 'disconnect' | 'signIn' | 'signOut' | 'cancelSignIn' | 'reopenSignIn'
      readonly environment: string
    }
  | { readonly do: 'openService' | 'copyServiceUrl'; readonly environment: string; readonly service: string }
  | { readonly do: 'openWindow' | 'quit' }

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
  | { readonly kind: 'submenu'; readonly label: string; readonly items: readonly TrayItem[] }

const separator: TrayItem = { kind: 'separator' }

/** The tray's menu: flat for one environment, a submenu each for several. */
export function trayMenu(state: DesktopState): readonly TrayItem[] {
  return [
    ...environmentItems(state),
    separator,
    action('Open Jetway', { do: 'openWindow' }),
    action('Quit', { do: 'quit' }),
  ]
}

/** The tray's tooltip: one line for each environment. */
export function trayTooltip(state: DesktopState): string {
  const lines = state.environments.map(statusLine)
  return lines.length === 0 ? `Jetway · ${emptyText(state)}` : lines.join('\n')
}

function environmentItems(state: DesktopState): readonly TrayItem[] {
  const [first, ...others] = state.environments
  if (first === undefined || state.engine !== 'running') return [{ kind: 'text', label: emptyText(state) }]
  if (others.length === 0) return oneEnvironment(first)
  return state.environments.map((environment) => ({
    kind: 'submenu',
    label: statusLine(environment),
    items: oneEnvironment(environment).slice(1),
  }))
}

function emptyText(state: DesktopState): string {
  if (state.engine === 'running') return 'No environment yet'
  return state.engine === 'starting' ? 'Starting…' : 'Starting again…'
}

function oneEnvironment(environment: EnvironmentStatus): readonly TrayItem[] {
  const of = { environment: environment.name }
  return [
    { kind: 'text', label: statusLine(environment) },
    ...connectItems(environment),
    separator,
    ...environment.services.flatMap((service) => serviceItems(environment, service)),
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
  return [
    // A tcp service has an address and nothing that a browser could show.
    ...(service.type === 'tcp'
      ? []
      : [action(`Open ${name}`, { do: 'openService', ...of }, bound && environment.state === 'connected')]),
    action(copy, { do: 'copyServiceUrl', ...of }, bound),
  ]
}

function action(label: string, what: TrayAction, enabled = true): TrayItem {
  return { kind: 'action', label, enabled, action: what }
}
