/** Numbers as people read them. */

/** `2 h 5 min`, `4 min`, of at least one minute; `3 days` from two days on. */
export function duration(ms: number): string {
  const minutes = Math.max(1, Math.ceil(ms / 60_000))
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60)]
  if (days >= 2) return `${days} days`
  if (hours === 0) return `${minutes} min`
  const rest = minutes % 60
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`
}

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

/** `8 ms`, `0.4 ms`, `1.2 s`. */
export function milliseconds(ms: number): string {
  if (ms >= 999.5) return `${(ms / 1000).toFixed(1)} s`
  return `${ms < 9.95 && !Number.isInteger(ms) ? ms.toFixed(1) : Math.round(ms)} ms`
}
