import type { ControlClient, ControlListener } from '#client/control/control-client.ts'

/** Connects to a running engine. @throws ENGINE_NOT_RUNNING when none listens */
export type DialEngine = (listener: Partial<ControlListener>) => Promise<ControlClient>

/** An engine process of our own. */
export interface EngineProcess {
  /** Settles when the control socket accepts connections, or with the process's end; never rejects. */
  readonly ready: Promise<void>
  /** Settles with the exit code; never rejects. */
  readonly exited: Promise<number>
  kill(): void
}

/** @throws ENGINE_ALTERED */
export type SpawnEngine = () => Promise<EngineProcess>
