import { join } from 'node:path'
import { app, clipboard, ipcMain, Menu, session, shell } from 'electron'
import { jetwayHome } from '#client/home.ts'
import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import { desktopChannels } from '#shared/ipc/desktop.ts'
import { version } from '#shared/version.ts'
import { desktopActions, type SignInPages } from './actions.ts'
import { DesktopStore } from './desktop-store.ts'
import { Backoff } from './engine/backoff.ts'
import { dialEngine } from './engine/dial.ts'
import { spawnEngine } from './engine/node-process.ts'
import { EngineSupervisor } from './engine/supervisor.ts'
import { Feed } from './feed/feed.ts'
import { serveDesktop } from './ipc/manager.ts'
import type { Links } from './links.ts'
import { keepLogs, log, logEngine } from './logs/log.ts'
import { Memory } from './memory.ts'
import { CopiedRequests } from './notices/copied-requests.ts'
import { setupNotices } from './notices/setup-notices.ts'
import { setupPower } from './power.ts'
import { PacFile } from './proxy/pac-file.ts'
import { ResolveProxies } from './proxy/resolve-proxies.ts'
import { Reconnect } from './reconnect.ts'
import { RequestsFeed } from './requests/requests-feed.ts'
import { serveApp } from './security/app-protocol.ts'
import { lockDown } from './security/lockdown.ts'
import { openExternal } from './security/open-external.ts'
import { Settings } from './settings/settings.ts'
import { setupSettings } from './settings/setup-settings.ts'
import { setupTray } from './tray/setup-tray.ts'
import { setupUpdates } from './update/setup-updates.ts'
import { MainWindow } from './window/main-window.ts'

/** Starts the parts of the app and tells each what it needs of the others. Once, when Electron is ready. */
export function startDesktop(o: { hidden: boolean; bundleDir: string; links: Links }): void {
  const iconDir = join(o.bundleDir, 'icons')
  const engineDir = app.isPackaged ? join(process.resourcesPath, 'engine') : join(o.bundleDir, '../engine')
  const folders = { data: jetwayHome(), logs: app.getPath('logs') }
  keepLogs(folders.logs)
  lockDown()
  serveApp(join(o.bundleDir, 'renderer'))
  setApplicationMenu()

  const memory = new Memory(app.getPath('userData'))
  const settings = Settings.open(app.getPath('userData'))
  const store = initialStore(settings, folders)
  const setSettings = setupSettings(settings, store)

  const window = new MainWindow({
    icon: join(iconDir, 'app.png'),
    place: () => memory.current.window,
    onPlace: (place) => memory.change({ window: place }),
    onGone: () => feed.windowGone(),
  })
  const signInPages: SignInPages = new Map()
  const engine = new EngineSupervisor({
    dial: dialEngine,
    spawn: () => spawnEngine(engineDir, join(o.bundleDir, 'engine.json'), logEngine),
    onBrowse: (environment, url) => {
      signInPages.set(environment, url)
      openExternal(url).catch((error: unknown) => log('browse-failed', { code: asJetwayError(error).code }))
    },
    onState: (changed) => store.change(changed),
    onAttached: (status) => {
      proxies.attached()
      feed.attached()
      requestsFeed.attached()
      reconnect.attached(status)
    },
    told: {
      activity: (told) => feed.told.activity(told),
      accessRequests: (told) => requestsFeed.told(told),
      traffic: (told) => feed.told.traffic(told),
      finding: (told) => feed.told.finding(told),
      proxyWanted: (told) => void proxies.wanted(told),
    },
    onEvent: log,
  })
  const request: EngineSupervisor['request'] = (method, params) => engine.request(method, params)
  const pacFile = new PacFile(session.defaultSession)
  const proxies = new ResolveProxies({
    request,
    setting: () => settings.current.proxy,
    resolveProxy: (url) => session.defaultSession.resolveProxy(url),
    brokenPac: (url) => pacFile.lookAt(url),
    env: process.env,
  })
  const reconnect = new Reconnect({
    request,
    environments: () => store.state.environments,
    wanted: memory.current.connected,
    keep: (connected) => memory.change({ connected: [...connected] }),
    backoff: () => new Backoff(1000, 60_000, 60_000),
  })
  const feed = new Feed({
    request,
    tell: (name, told) => window.send(desktopChannels[name], told),
    onRecentDags: () => tray.refresh(),
  })
  const requestsFeed = new RequestsFeed({
    request,
    onChange: (accessRequests) => store.change({ accessRequests }),
    againMs: 30_000,
  })
  const copiedRequests = new CopiedRequests({
    access: (environment) => request('access', { environment }),
    say: (notice) => notify(notice),
  })
  const updates = setupUpdates(o.bundleDir, store)
  const { actions, openDag } = desktopActions({
    request,
    store,
    feed,
    requestsFeed,
    proxies,
    signInPages,
    openExternal,
    copyText: (text) => clipboard.writeText(text),
    openFolder: async (folder) => {
      const failed = await shell.openPath(folders[folder])
      if (failed !== '') throw new JetwayError('INTERNAL', {}, { cause: new Error(failed) })
    },
    setSettings,
    onRequestCopied: (environment, entry) => void copiedRequests.copied(environment, entry),
    installUpdate: () => updates.install(),
  })
  const showRequests = (environment: string, request: string | null): void => {
    store.change({ goTo: { environment, request } })
    window.show()
  }
  const tray = setupTray({
    iconDir: join(iconDir, 'tray'),
    store,
    actions,
    recentDags: (environment) => feed.recentDags.of(environment),
    openDag,
    showWindow: () => window.show(),
    showRequests,
  })
  const notify = setupNotices({ store, actions, showWindow: () => window.show(), showRequests })
  setupPower(request)

  store.onChange((state) => window.send(desktopChannels.state, state))
  store.onChange(({ engine: phase, environments }) => {
    if (phase !== 'running') return
    feed.follow(environments)
    requestsFeed.follow(environments)
    reconnect.follow(environments)
  })
  serveDesktop(ipcMain, actions, (event) => window.owns(event))
  engine.start()
  if (!o.hidden) window.show()

  app.on('second-instance', () => window.show())
  app.on('activate', () => window.show())
  o.links.begin((relayUrl) => {
    store.change({ pendingLink: { name: null, relayUrl } })
    window.show()
  })
  // Without a listener Electron quits with the last window; this app lives in the tray.
  app.on('window-all-closed', () => undefined)
  endWith(async () => {
    await engine.stop()
    await memory.settled
  })
}

function initialStore(settings: Settings, folders: { data: string; logs: string }): DesktopStore {
  return new DesktopStore({
    engine: 'starting',
    engineProblem: null,
    tokenStore: null,
    tokenStoreProblem: null,
    environments: [],
    offers: [],
    offersProblem: null,
    settings: settings.current,
    settingsProblem: settings.problem && problemOf(settings.problem),
    pendingLink: null,
    accessRequests: {},
    goTo: null,
    update: { kind: 'unsupported' },
    about: {
      version,
      electron: process.versions.electron as string,
      dataFolder: folders.data,
      logFolder: folders.logs,
    },
  })
}

/** Quits only after the engine has let go of its ports and said goodbye to the relay. */
function endWith(end: () => Promise<void>): void {
  let ended = false
  app.on('will-quit', (event) => {
    if (ended) return
    event.preventDefault()
    void end().then(() => {
      ended = true
      // While the one that was prevented is still on its way back, Electron takes no other.
      setImmediate(() => app.quit())
    })
  })
}

/** macOS takes copy, paste and quit from the menu; elsewhere the window has none. */
function setApplicationMenu(): void {
  const mac = process.platform === 'darwin'
  Menu.setApplicationMenu(
    mac ? Menu.buildFromTemplate([{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }]) : null,
  )
}
