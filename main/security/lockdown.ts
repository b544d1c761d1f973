import { app, type Session, session, type WebContents } from 'electron'
import { log } from '../logs/log.ts'

/**
 * Refuses what this app never does, for every web contents that will ever exist: leaving its page, opening
 * windows, embedding webviews, asking for permissions, and reaching the network from a page.
 */
export function lockDown(): void {
  app.on('web-contents-created', (_event, contents) => lockContents(contents))
  lockSession(session.defaultSession)
}

function lockContents(contents: WebContents): void {
  // Of the page itself as well: this comes before `will-navigate`.
  contents.on('will-frame-navigate', (details) => {
    details.preventDefault()
    log('navigation-refused')
  })
  contents.on('will-redirect', (details) => {
    details.preventDefault()
  })
  contents.on('will-attach-webview', (event) => {
    event.preventDefault()
    log('webview-refused')
  })
  contents.setWindowOpenHandler(() => {
    log('window-open-refused')
    return { action: 'deny' }
  })
}

function lockSession(target: Session): void {
  target.setPermissionRequestHandler((_contents, _permission, callback) => callback(false))
  target.setPermissionCheckHandler(() => false)
  target.setDevicePermissionHandler(() => false)
  target.webRequest.onBeforeRequest(
    { urls: ['http://*/*', 'https://*/*', 'ws://*/*', 'wss://*/*', 'file:///*'] },
    (_details, callback) => callback({ cancel: true }),
  )
}
