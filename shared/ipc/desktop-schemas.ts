/** What the main process accepts from the window: the params of `desktop.ts`, held at the border. */
import { z } from 'zod'
import { controlRequests } from './control.ts'
import type { DesktopMethod, DesktopParams } from './desktop.ts'
import { environmentColors } from './environment-color.ts'

const name = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-z0-9][a-z0-9-]*$/)
const environment = z.strictObject({ environment: name })
const service = z.strictObject({ environment: name, service: name })
const nothing = z.strictObject({})

/** An HTTP proxy without user and password: those would stand in a file in the clear. */
const proxyUrl = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .regex(/^[^/]+\/\/[^/?#@\s]+\/?$/, 'is http://host:port, without user, password or path')

export const desktopSettings = z.strictObject({
  startAtLogin: z.boolean(),
  theme: z.enum(['system', 'light', 'dark']),
  notifications: z.boolean(),
  proxy: z.union([z.enum(['system', 'none']), proxyUrl]),
  updates: z.boolean(),
})

export const desktopSchemas: { readonly [M in DesktopMethod]: z.ZodType<DesktopParams[M]> } = {
  getState: nothing,
  addEnvironment: z.strictObject({ relayUrl: z.url({ protocol: /^https?$/ }).max(2048) }),
  removeEnvironment: environment,
  signIn: environment,
  reopenSignIn: environment,
  cancelSignIn: environment,
  signOut: environment,
  connect: environment,
  disconnect: environment,
  openService: service,
  copyServiceUrl: service,
  setAppearance: environment.extend({ color: z.enum(environmentColors), production: z.boolean() }),
  setPort: service.extend({ port: z.int().min(1).max(65535) }),
  getAccess: environment,
  watchAccessRequests: environment,
  requestAccess: controlRequests.requestAccess,
  decideAccessRequest: controlRequests.decideAccessRequest,
  endAccessRequest: controlRequests.endAccessRequest,
  watchActivity: environment,
  unwatchActivity: environment,
  watchTraffic: environment,
  unwatchTraffic: environment,
  diagnose: environment,
  copyReport: environment,
  copyAccessRequest: environment.extend({ entry: z.string().min(1).max(512) }),
  setSettings: desktopSettings.partial(),
  openFolder: z.strictObject({ folder: z.enum(['data', 'logs']) }),
  answerLink: z.strictObject({ accept: z.boolean() }),
  arrive: nothing,
  installUpdate: nothing,
}
