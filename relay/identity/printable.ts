const maxChars = 256

/** Fit for headers, logs and the pages of Airflow: not long, no control characters, no white space at the ends. */
export function isPrintable(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= maxChars &&
    value.trim() === value &&
    !/\p{C}/u.test(value)
  )
}
