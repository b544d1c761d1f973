import { homedir } from 'node:os'
import { join } from 'node:path'
import { redact } from '#shared/redact.ts'
import { LogFile } from './log-file.ts'

const room = { maxBytes: 1_048_576, kept: 3 }
const home = homedir()
let files: { readonly main: LogFile; readonly engine: LogFile } | null = null

/** From now on what is logged is kept in `folder` as well. */
export function keepLogs(folder: string): void {
  files = {
    main: new LogFile(join(folder, 'main.log'), room),
    engine: new LogFile(join(folder, 'engine.log'), room),
  }
}

/** One JSON line for each event of the main process. Never secrets, never sign-in URLs. */
export function log(
  event: string,
  fields: Readonly<Record<string, string | number | boolean | null>> = {},
): void {
  const line = redact(
    JSON.stringify({ time: new Date().toISOString(), part: 'main', event, ...fields }),
    home,
  )
  process.stderr.write(`${line}\n`)
  files?.main.write(line)
}

/** A line that the engine has written. */
export function logEngine(text: string): void {
  const line = redact(text, home)
  process.stderr.write(`${line}\n`)
  files?.engine.write(line)
}
