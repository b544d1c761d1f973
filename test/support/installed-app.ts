/** The installed app as it is shipped: fuses on, so nothing but its log, its tray and its engine can be seen. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { electronFlags } from '../../demo/desktop.ts'
import type { DesktopSession } from './desktop-session.ts'
import { eventually } from './eventually.ts'

export interface LogLine {
  readonly part: string
  readonly event: string
  readonly code?: string
  readonly version?: string
}

export class InstalledApp {
  readonly log: LogLine[] = []
  /** All that it printed, in either stream. */
  output = ''
  readonly #child: ChildProcess

  /** @param args besides those that its desktop file gives */
  constructor(o: {
    session: DesktopSession
    home: string
    /** The one on the path where it is not given. */
    executable?: string
    args?: readonly string[]
    env?: NodeJS.ProcessEnv
    /** Who starts it; whoever runs the test where it is not given, and as root without Chromium's sandbox. */
    uid?: number
    /** A command that whoever runs the test starts, and that becomes the app. */
    by?: readonly string[]
  }) {
    const flags = o.uid === undefined && o.by === undefined ? electronFlags() : []
    const line = [...(o.by ?? []), o.executable ?? '/usr/bin/jetway-desktop', ...flags, ...(o.args ?? [])]
    this.#child = spawn(line[0] as string, line.slice(1), {
      ...(o.uid === undefined ? {} : { uid: o.uid, gid: o.uid }),
      env: { ...o.session.env, JETWAY_HOME: o.home, XDG_CURRENT_DESKTOP: 'XFCE', ...o.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr] as Readable[])
      createInterface({ input: stream }).on('line', (line) => {
        this.output += `${line}\n`
        if (line.startsWith('{')) this.log.push(JSON.parse(line))
      })
  }

  get pid(): number {
    return this.#child.pid as number
  }

  /** Settles with its exit code or the signal that ended it. */
  async ended(): Promise<number | string> {
    const { exitCode, signalCode } = this.#child
    if (exitCode !== null || signalCode !== null) return exitCode ?? (signalCode as string)
    const [code, signal] = await once(this.#child, 'exit')
    return code ?? signal
  }

  /** The first line that it has logged, or logs soon, that passes. */
  logged(what: string, test: (line: LogLine) => boolean): Promise<LogLine> {
    return eventually(what, async () => this.log.find(test))
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended()
  }
}
