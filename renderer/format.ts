/** Numbers as people read them. */

const steps = ['B/s', 'kB/s', 'MB/s', 'GB/s'] as const

/** Decimal steps of 1000, three digits at most: `0 B/s`, `999 B/s`, `1.2 kB/s`, `35 MB/s`. */
export function byteRate(bytesPerSecond: number): string {
  let [value, step] = [bytesPerSecond, 0]
  while (Math.round(value) >= 1000 && step < steps.length - 1) {
    value /= 1000
    step++
  }
  const digits = step > 0 && value < 9.95 ? 1 : 0
  return `${value.toFixed(digits)} ${steps[step]}`
}

/** `8 ms`, `<1 ms`, `1.2 s`: of what is measured again and again, without digits that only flicker. */
export function roundTrip(ms: number): string {
  const whole = Math.round(ms)
  return whole === 0 ? '<1 ms' : milliseconds(whole)
}

/** `8 ms`, `0.4 ms`, `1.2 s`. */
export function milliseconds(ms: number): string {
  if (ms >= 999.5) return `${(ms / 1000).toFixed(1)} s`
  return `${ms < 9.95 && !Number.isInteger(ms) ? ms.toFixed(1) : Math.round(ms)} ms`
}
