import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const timeoutMs = 3000
const maxBytes = 4_194_304

/** What a program of the system prints. @throws when it fails, takes too long or prints too much */
export async function outputOf(program: string, args: readonly string[]): Promise<string> {
  const options = { timeout: timeoutMs, maxBuffer: maxBytes, windowsHide: true }
  return (await promisify(execFile)(program, args, options)).stdout
}
