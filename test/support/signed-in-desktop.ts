/** The real app with its real engine, signed in at a provider whose tokens the test knows. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ElectronApplication, Page } from 'playwright-core'
import { type ControlClient, dialControl } from '#client/control/control-client.ts'
import { controlSocketPath } from '#client/home.ts'
import { freePort } from '../../demo/free-port.ts'
import { Processes } from '../../demo/processes.ts'
import { startProvider } from '../../demo/provider/provider.ts'
import { signInOverHttp } from '../../demo/sign-in-over-http.ts'
import { startRelay, writeKeys } from '../../demo/stack.ts'
import { type DesktopSession, startDesktopSession } from './desktop-session.ts'
import { eventually } from './eventually.ts'
import { launchDesktop } from './launch-desktop.ts'

export interface SignedInDesktop {
  readonly app: ElectronApplication
  readonly window: Page
  readonly session: DesktopSession
  readonly control: ControlClient
  /** What the provider has issued: access, refresh and ID tokens. */
  readonly tokens: readonly string[]
  /** All that the app and its engine printed. */
  output(): string
  close(): Promise<void>
}

export async function startSignedInDesktop(electron: string): Promise<SignedInDesktop> {
  const session = await startDesktopSession()
  const processes = new Processes()
  const tokens: string[] = []
  const provider = await startProvider({
    port: 0,
    accessTokenSeconds: 300,
    around: async (context, next) => {
      await next()
      const { access_token, refresh_token, id_token } = (context.body ?? {}) as Record<string, unknown>
      for (const token of [access_token, refresh_token, id_token])
        if (typeof token === 'string') tokens.push(token)
    },
  })
  // Not among what belongs to the person.
  const stateDir = join(session.home, 'company')
  await mkdir(stateDir)
  const relay = await startRelay({
    stateDir,
    folder: await writeKeys(stateDir),
    airflowUrl: 'http://127.0.0.1:9',
    issuer: provider.issuer,
    relayPort: 0,
    localPort: await freePort(),
    processes,
  })
  const home = join(session.home, 'jetway')
  await mkdir(home, { mode: 0o700 })
  const app = await launchDesktop({ electron, session, home })
  let output = ''
  for (const stream of [app.process().stdout, app.process().stderr])
    stream?.on('data', (chunk) => {
      output += chunk
    })
  const window = await app.firstWindow()
  const control = await eventually('the engine', () =>
    dialControl(controlSocketPath(home), {
      browse: ({ url }) => void signInOverHttp(url, 'ana'),
    }).catch(() => null),
  )
  const { name } = await control.request('addEnvironment', { relayUrl: relay.relayUrl, ca: relay.ca })
  await control.request('connect', { environment: name })
  return {
    app,
    window,
    session,
    control,
    tokens,
    output: () => output,
    async close() {
      control.close()
      await app.close()
      await processes.stopAll()
      await provider.close()
      await session.close()
    },
  }
}
