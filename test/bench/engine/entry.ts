/** The engine without a keychain, for either kind of process; says `ready` to whoever started it. */
import { startEngine } from '#client/start-engine.ts'

const { stopped } = await startEngine({ tokenStore: { kind: 'memory' } })
if (process.send) process.send('ready')
else process.parentPort.postMessage('ready')
await stopped
process.exit(0)
