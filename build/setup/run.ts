import { spawn } from 'node:child_process'

/**
 * Runs a program to its end.
 *
 * @returns what it wrote to stdout
 * @throws Error with the last lines of what it wrote
 */
export function run(
  command: string,
  args: readonly string[],
  o: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...o, stdio: ['ignore', 'pipe', 'pipe'] })
    let [stdout, all] = ['', '']
    child.stdout.on('data', (chunk) => {
      stdout += chunk
      all += chunk
    })
    child.stderr.on('data', (chunk) => {
      all += chunk
    })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolve(stdout)
      else {
        const tail = all.trim().split('\n').slice(-15).join('\n')
        reject(new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}:\n${tail}`))
      }
    })
  })
}
