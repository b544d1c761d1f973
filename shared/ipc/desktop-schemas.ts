/** What the main process accepts from the window: the params of `desktop.ts`, held at the border. */
import { z } from 'zod'
import type { DesktopMethod, DesktopParams } from './desktop.ts'

const name = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-z0-9][a-z0-9-]*$/)
const environment = z.strictObject({ environment: name })
const service = z.strictObject({ environment: name, service: name })
const nothing = z.strictObject({})

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
}
