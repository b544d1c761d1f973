import { setTimeout as sleep } from 'node:timers/promises'

/** Asks again and again until there is something, for what announces itself nowhere. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | null | undefined | false>,
  withinMs = 45_000,
): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const value = await ask()
    if (value) return value
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`)
    await sleep(100)
  }
}
