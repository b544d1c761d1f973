import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../demo/free-port.ts'

const root = join(import.meta.dirname, '../..')

/** Processes whose command line, folder or environment names `text`. */
async function processesNaming(text: string): Promise<string[]> {
  const found: string[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const parts = await Promise.all(
      ['cmdline', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
    )
    if (parts.some((part) => part.includes(text))) found.push(`${pid} ${parts[0]}`)
  }
  return found
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  'the headless demo says when it is ready, in one line, and %s leaves nothing behind',
  async (signal) => {
    const [port, relayPort] = [await freePort(), await freePort()]
    const args = [
      '--headless',
      '--user',
      'mallory',
      '--port',
      String(port),
      '--relay-port',
      String(relayPort),
    ]
    const demo = spawn(process.execPath, [join(root, 'demo/demo.ts'), ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const exited = once(demo, 'exit')
    onTestFinished(async () => {
      // Only where the test failed before its end
      demo.kill('SIGTERM')
      await exited
    })
    const lines: string[] = []
    const output = createInterface({ input: demo.stdout })
    output.on('line', (line) => lines.push(line))
    await Promise.race([once(output, 'line'), exited])
    const ready = JSON.parse(lines[0] ?? 'null')
    expect(ready).toEqual({
      ready: true,
      airflow: `http://localhost:${port}`,
      relay: `https://localhost:${relayPort}`,
      issuer: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      user: 'mallory',
      auditLog: expect.stringContaining('audit.jsonl'),
      stateDir: expect.any(String),
      ca: expect.stringContaining('ca.crt'),
      pid: demo.pid,
    })
    expect(existsSync(ready.ca)).toBe(true)
    expect((await fetch(`${ready.airflow}/api/v2/dags`)).status).toBe(403)
    expect((await processesNaming(ready.stateDir)).length).toBeGreaterThanOrEqual(4)
    demo.kill(signal)
    expect(await exited).toEqual([0, null])
    expect(lines).toHaveLength(1)
    expect(await processesNaming(ready.stateDir)).toEqual([])
    expect(existsSync(ready.stateDir)).toBe(false)
  },
)
