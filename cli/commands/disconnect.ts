import { joinEngine } from '../engine-access.ts'
import { pickEnvironment } from '../environment-choice.ts'
import type { Output } from '../output.ts'

export async function disconnect(options: { env?: string }, output: Output): Promise<void> {
  const { client, close } = await joinEngine()
  try {
    const { name } = pickEnvironment(await client.request('status', {}), options.env)
    const environment = await client.request('disconnect', { environment: name })
    output.say(`Disconnected from ${name}.`, { event: 'disconnected', environment })
  } finally {
    await close()
  }
}
