/** The engine in a process of its own, so that neither window nor tunnel can stall the other. */
import { startEngine } from '#client/start-engine.ts'
import { asJetwayError } from '#shared/errors/jetway-error.ts'

try {
  const { stopped } = await startEngine({ tokenStore: { kind: 'keychain' } })
  process.parentPort.postMessage('ready')
  await stopped
  process.exit(0)
} catch (error) {
  const { code, message, entry } = asJetwayError(error)
  process.stderr.write(
    `${JSON.stringify({ time: new Date().toISOString(), part: 'engine', code, message })}\n`,
  )
  process.exit(entry.exit)
}
