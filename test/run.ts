/**
 * `npm test`: everything, fast parts first. `npm run test:unit`: the fast part. `npm run check`: formatting, lint,
 * types, imports, dead code. Stops at the first that fails.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { say, step } from '../build/setup/steps.ts'

const root = join(import.meta.dirname, '..')
const bin = (name: string) => join(root, 'node_modules', name)

const checks = [
  ['format and lint', [bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.']],
  ['types', [bin('typescript/bin/tsc'), '--noEmit']],
  ['types of the renderer', [bin('typescript/bin/tsc'), '--noEmit', '-p', 'renderer']],
  ['imports go one way', [join(root, 'test/check-imports.ts')]],
  ['the desktop is locked down', [join(root, 'test/check-desktop-security.ts')]],
  ['no dead code', [bin('knip/bin/knip.js'), '--no-progress']],
  ['generated docs are current', [join(root, 'build/docs.ts'), '--check']],
] as const
const vitest = [bin('vitest/vitest.mjs'), 'run']

const [mode] = process.argv.slice(2)
try {
  if (mode !== '--unit') for (const [label, args] of checks) await step(label, () => node(args))
  if (mode !== '--check') await step('unit tests', () => node([...vitest, '--project', 'unit']))
  if (mode === undefined) {
    await step('tests of the window', () => node([...vitest, '--project', 'desktop']))
    await step('integration and end-to-end tests', () => node([...vitest, '--project', 'integration']))
    if (process.getuid?.() === 0 && existsSync('/usr/bin/dpkg'))
      await step('tests of the package', () => node([...vitest, '--project', 'package']))
    else say('The package was not tested: that takes root, and dpkg.')
  }
} catch (error) {
  say((error as Error).message)
  process.exit(1)
}

async function node(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  if (code !== 0) throw new Error(`${args.join(' ').replace(`${root}/`, '')} ended with ${code ?? signal}`)
}
