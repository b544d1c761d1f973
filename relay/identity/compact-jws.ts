/** RFC 7515 §7.1, and nothing that a lenient decoder would take as well: padding, white space, another alphabet. */
export function isCompactJws(text: string): boolean {
  return /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){2}$/.test(text)
}
