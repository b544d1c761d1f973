import { contextBridge, ipcRenderer } from 'electron'
import { type DesktopState, desktopChannels, desktopMethods } from '#shared/ipc/desktop.ts'

const requests = Object.fromEntries(
  desktopMethods.map((method) => [
    method,
    (params: unknown) => ipcRenderer.invoke(desktopChannels.request(method), params),
  ]),
)

const onState = (listener: (state: DesktopState) => void): (() => void) => {
  const relay = (_event: unknown, state: DesktopState): void => listener(state)
  ipcRenderer.on(desktopChannels.state, relay)
  return () => {
    ipcRenderer.off(desktopChannels.state, relay)
  }
}

contextBridge.exposeInMainWorld('jetway', Object.freeze({ ...requests, onState }))
