import type { DesktopState } from '#shared/ipc/desktop.ts'

/** What main shows, as a test wants it; the rest is that of a first start with a running engine. */
export function desktopState(part: Partial<DesktopState> = {}): DesktopState {
  return {
    engine: 'running',
    engineProblem: null,
    tokenStore: 'keychain',
    tokenStoreProblem: null,
    environments: [],
    offers: [],
    offersProblem: null,
    settings: { startAtLogin: false, theme: 'system', notifications: true, proxy: 'system', updates: true },
    settingsProblem: null,
    pendingLink: null,
    accessRequests: {},
    goTo: null,
    update: { kind: 'unsupported' },
    about: { version: '0.0.0', electron: '0.0.0', dataFolder: '/data', logFolder: '/logs' },
    ...part,
  }
}
