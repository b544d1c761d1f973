import type {
  ControlMethod,
  ControlNotifications,
  ControlParams,
  ControlResults,
} from '#shared/ipc/control.ts'

/** A connection to the engine's control socket. */
export interface EngineLink {
  /** Settles when the connection has ended, for whatever reason; never rejects. */
  readonly closed: Promise<void>
  /** @throws any code of the table, as the engine answered it; SESSION_LOST when the connection ends first */
  request<M extends ControlMethod>(method: M, params: ControlParams<M>): Promise<ControlResults[M]>
  close(): void
}

/** What the engine tells by itself. */
export type EngineListener = {
  readonly [N in keyof ControlNotifications]: (params: ControlNotifications[N]) => void
}

/** Connects to a running engine. @throws ENGINE_NOT_RUNNING when none listens */
export type DialEngine = (listener: EngineListener) => Promise<EngineLink>

/** An engine process of our own. */
export interface EngineProcess {
  /** Settles when the control socket accepts connections, or with the process's end; never rejects. */
  readonly ready: Promise<void>
  /** The exit code; never rejects. */
  readonly exited: Promise<number>
  kill(): void
}

export type SpawnEngine = () => EngineProcess
