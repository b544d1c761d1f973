/**
 * The control socket: JSON-RPC 2.0, one message a line, between the engine and whoever steers it (the CLI
 * and the desktop's main process). The socket belongs to its owner alone.
 */
import { z } from 'zod'
import type { Problem } from '../errors/problem.ts'

export type ConnectionState = 'disconnected' | 'connecting' | 'connected' | 'reconnecting'

export interface Person {
  readonly subject: string
  readonly name: string
  readonly email: string | null
}

export interface ServiceStatus {
  readonly name: string
  readonly type: 'airflow' | 'http' | 'tcp'
  /** What the person opens; null while no local port is bound. */
  readonly localUrl: string | null
}

export interface EnvironmentStatus {
  readonly name: string
  readonly relayUrl: string
  readonly state: ConnectionState
  readonly signedIn: boolean
  /** A browser is open and has not come back yet. */
  readonly signingIn: boolean
  readonly person: Person | null
  readonly services: readonly ServiceStatus[]
  /** Why it is not connected, or what went wrong last; null once connected. */
  readonly lastError: Problem | null
  /** ISO 8601 time of the present connection. */
  readonly connectedSince: string | null
}

export type TokenStoreKind = 'keychain' | 'file' | 'memory'

export interface EngineStatus {
  readonly version: string
  readonly pid: number
  readonly tokenStore: TokenStoreKind
  /** Why there is no keychain, where there is none. */
  readonly tokenStoreProblem: Problem | null
  readonly environments: readonly EnvironmentStatus[]
}

const name = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-z0-9][a-z0-9-]*$/)
const environment = z.strictObject({ environment: name })

/** Requests by method, with the schema of their params. */
export const controlRequests = {
  status: z.strictObject({}),
  /** Answers at once and then sends a `status` notification at each change. */
  watch: z.strictObject({}),
  /** Discovers the relay and remembers it; the same relay URL again gives the environment that is there. */
  addEnvironment: z.strictObject({
    relayUrl: z.url({ protocol: /^https?$/ }).max(2048),
    name: name.optional(),
    ca: z.string().max(4096).optional(),
    ports: z.record(z.string(), z.int().min(1).max(65535)).optional(),
  }),
  removeEnvironment: environment,
  /**
   * Sends a `browse` notification with the URL to open, answers when the sign-in is done. With `aws` the machine signs in
   * by its AWS identity, and does so from then on; with null a person does. Left out: as the last time.
   */
  signIn: environment.extend({
    aws: z
      .strictObject({ region: z.string().max(40).nullable() })
      .nullable()
      .optional(),
  }),
  cancelSignIn: environment,
  signOut: environment,
  /** Signs in first where that is needed; answers when connected. */
  connect: environment,
  disconnect: environment,
  shutdown: z.strictObject({}),
} as const

export type ControlMethod = keyof typeof controlRequests
export type ControlParams<M extends ControlMethod> = z.infer<(typeof controlRequests)[M]>

export interface ControlResults {
  status: EngineStatus
  watch: EngineStatus
  addEnvironment: EnvironmentStatus
  removeEnvironment: null
  signIn: EnvironmentStatus
  cancelSignIn: null
  signOut: EnvironmentStatus
  connect: EnvironmentStatus
  disconnect: EnvironmentStatus
  shutdown: null
}

/** Notifications from the engine; `browse` goes only to the one who asked to sign in. */
export interface ControlNotifications {
  status: EngineStatus
  browse: { readonly environment: string; readonly url: string }
}
