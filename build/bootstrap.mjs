/**
 * `node build/bootstrap.mjs [--flag of Node] <script.ts> [args]`: runs a script of this repository with the Node 24
 * that npm brings along, after installing node_modules where they are missing or of another lock file. Works on Node 20.18 with
 * nothing installed. What it says goes to stderr: stdout is the script's.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const node = join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node')
const stampFile = join(root, 'node_modules/.jetway-lock')

const given = process.argv.slice(2)
const at = given.findIndex((word) => !word.startsWith('--'))
if (at < 0) fail('usage: node build/bootstrap.mjs [--flag of Node] <script.ts> [args]')
const flags = given.slice(0, at)
const [script, ...args] = given.slice(at)
install()
const child = spawn(node, [...flags, join(root, script), ...args], { stdio: 'inherit', cwd: root })
// The terminal sends Ctrl-C to both; a signal from elsewhere comes here alone.
process.on('SIGINT', () => {})
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))

function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const isCurrent = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lock
  if (isCurrent && existsSync(node)) return
  process.stderr.write('… node modules\n')
  const started = Date.now()
  run(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  // npm may hold install scripts back; this one only puts the binary in its place.
  if (!existsSync(node))
    run(process.execPath, ['installArchSpecificPackage.js'], join(root, 'node_modules/node'))
  if (!existsSync(node)) fail('the npm package node did not bring its binary for this machine')
  writeFileSync(stampFile, lock)
  process.stderr.write(`✓ node modules (${((Date.now() - started) / 1000).toFixed(1)} s)\n`)
}

function run(command, commandArgs, cwd = root) {
  const shell = process.platform === 'win32'
  const { status } = spawnSync(command, commandArgs, { cwd, shell, stdio: ['ignore', 2, 2] })
  if (status !== 0) fail(`${command} ${commandArgs.join(' ')} ended with ${status}`)
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
