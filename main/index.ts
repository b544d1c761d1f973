import { join } from 'node:path'
import { app } from 'electron'
import { Links } from './links.ts'
import { readStartOptions } from './options.ts'
import { registerAppScheme } from './security/app-protocol.ts'
import { isSandboxOff, refuseWithoutSandbox } from './security/sandbox.ts'
import { startDesktop } from './start-desktop.ts'

const options = readStartOptions(process.argv, process.env)

app.setName('Jetway')
app.setAppUserModelId('io.jetway.desktop')
if (options.userDataDir !== null) app.setPath('userData', options.userDataDir)
registerAppScheme()

if (isSandboxOff()) {
  refuseWithoutSandbox()
} else if (app.requestSingleInstanceLock()) {
  // Every renderer, whoever asks for one. (With --no-sandbox, which root needs, Chromium would not even start.)
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox()
  const links = new Links()
  void app
    .whenReady()
    .then(() => startDesktop({ hidden: options.hidden, bundleDir: join(import.meta.dirname, '..'), links }))
} else {
  app.quit()
}
