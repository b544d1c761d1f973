import { contextBridge, ipcRenderer } from 'electron'
import { desktopChannels, desktopMethods } from '#shared/ipc/desktop.ts'

const requests = Object.fromEntries(
  desktopMethods.map((method) => [
    method,
    (params: unknown) => ipcRenderer.invoke(desktopChannels.request(method), params),
  ]),
)

/** Calls `listener` with what main says on a channel; the returned function ends that. */
const onChannel =
  (channel: string) =>
  (listener: (told: unknown) => void): (() => void) => {
    const relay = (_event: unknown, told: unknown): void => listener(told)
    ipcRenderer.on(channel, relay)
    return () => {
      ipcRenderer.off(channel, relay)
    }
  }

contextBridge.exposeInMainWorld(
  'jetway',
  Object.freeze({
    ...requests,
    onState: onChannel(desktopChannels.state),
    onActivity: onChannel(desktopChannels.activity),
    onTraffic: onChannel(desktopChannels.traffic),
    onFinding: onChannel(desktopChannels.finding),
  }),
)
