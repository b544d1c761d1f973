/** Progress on stderr, one line a step as it begins and ends: stdout stays free for results. */
export async function step<T>(label: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now()
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`
  say(`… ${label}`)
  try {
    const result = await work()
    say(`✓ ${label} (${seconds()})`)
    return result
  } catch (error) {
    say(`✗ ${label} (${seconds()})`)
    throw error
  }
}

export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
