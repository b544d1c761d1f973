import { step } from '../../build/setup/steps.ts'
import type { Options } from './options.ts'
import { chain } from './relay/chain.ts'
import { exhaustion } from './relay/exhaustion.ts'
import { swap } from './swap.ts'

/** What is about the relay alone, each with an upstream and a load of its own. */
const parts: Readonly<Record<string, (o: Options) => Promise<object>>> = {
  swap: ({ seconds }) => swap(seconds),
  exhaustion,
  chain,
}

/** @returns the figures of the parts that were asked for, by name */
export async function relayAlone(o: Options): Promise<object> {
  const unknown = o.parts.find((name) => !Object.hasOwn(parts, name))
  if (unknown !== undefined) throw new Error(`not one of ${Object.keys(parts).join(', ')}: ${unknown}`)
  const figures: Record<string, object> = {}
  for (const [name, measure] of Object.entries(parts)) {
    if (o.parts.length > 0 && !o.parts.includes(name)) continue
    figures[name] = await step(name, () => measure(o))
  }
  return figures
}
