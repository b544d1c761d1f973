import { join } from 'node:path'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { Processes } from './processes.ts'
import { signInOverHttp } from './sign-in-over-http.ts'
import { nodeFlags, type Stack } from './stack.ts'

type Event =
  | { readonly event: 'browse'; readonly url: string }
  | { readonly event: 'connected'; readonly environment: EnvironmentStatus }
  | { readonly event: 'error'; readonly problem: { readonly title: string; readonly detail: string } }
  | { readonly event: 'connecting' | 'reconnecting' | 'disconnected' }

const cli = join(import.meta.dirname, '../cli/main.ts')

/** Connects with the CLI's engine, signing in through the provider's own page. @returns Airflow's local address */
export function connectHeadless(o: {
  stack: Pick<Stack, 'relayUrl' | 'ca'>
  stateDir: string
  user: string
  /** The local port; null for the one that the relay proposes. */
  port: number | null
  /** Besides this process's. */
  env?: NodeJS.ProcessEnv
  processes: Processes
  /** Opens the provider's page as a browser would; over HTTP from this process when not given. */
  signIn?: (url: string, user: string) => Promise<unknown>
}): Promise<string> {
  const { relayUrl, ca } = o.stack
  const signIn = o.signIn ?? signInOverHttp
  const port = o.port === null ? [] : ['--port', String(o.port)]
  const args = [
    'connect',
    '--relay',
    relayUrl,
    '--ca',
    ca,
    '--no-browser',
    '--token-store',
    'memory',
    '--json',
    ...port,
  ]
  return new Promise((resolve, reject) => {
    o.processes.failure.catch(reject)
    o.processes.start('jetway connect', process.execPath, [...nodeFlags, cli, ...args], {
      env: { ...process.env, ...o.env, JETWAY_HOME: join(o.stateDir, 'client') },
      logFile: join(o.stateDir, 'client.log'),
      onLine: (line) => {
        const event = JSON.parse(line) as Event
        switch (event.event) {
          case 'browse':
            signIn(event.url, o.user).catch(reject)
            break
          case 'connected':
            resolve(event.environment.services[0]?.localUrl as string)
            break
          case 'error':
            reject(new Error(`${event.problem.title}: ${event.problem.detail}`))
            break
        }
      },
    })
  })
}
