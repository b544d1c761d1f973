/**
 * What starts the engine as the desktop's main process could: `electron <folder of this> <utility|node> <engine.js>
 * <node>`. Starts it anew when it ends. One JSON line for each start: its pid, and how long until its socket listened.
 */
import { spawn } from 'node:child_process'
import { app, utilityProcess } from 'electron'

const [kind, engine, node] = process.argv.slice(-3)

const starts = {
  // The pid is known once it runs.
  utility: () =>
    utilityProcess.fork(engine, [], {
      stdio: 'inherit',
      execArgv: ['--js-flags=--max-semi-space-size=2'],
    }),
  node: () =>
    spawn(node, ['--max-semi-space-size=2', engine], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
}

// Not awaited here: Electron is ready once this module has run.
void app.whenReady().then(start)

function start() {
  const began = performance.now()
  const child = starts[kind]()
  child.once('message', () =>
    process.stdout.write(`${JSON.stringify({ pid: child.pid, startMs: performance.now() - began })}\n`),
  )
  child.once('exit', start)
}
