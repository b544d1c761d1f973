/** The engine in a process of its own, so that neither window nor tunnel can stall the other. */
import { startEngine } from '#client/start-engine.ts'
import { asJetwayError } from '#shared/errors/jetway-error.ts'

try {
  const { stopped, stop } = await startEngine({ tokenStore: { kind: 'keychain' } })
  // However the app ended.
  process.once('disconnect', () => void stop())
  if (process.connected) process.send?.('ready')
  else void stop()
  await stopped
  process.exit(0)
} catch (error) {
  const { code, message, entry } = asJetwayError(error)
  process.stderr.write(
    `${JSON.stringify({ time: new Date().toISOString(), part: 'engine', code, message })}\n`,
  )
  process.exit(entry.exit)
}
