/** Leaves room for a number behind it, within the 64 that a name may have. */
const maxChars = 56

/** A name for an environment out of what its relay calls itself: it is typed, and stands in addresses. */
export function environmentNameFrom(said: string): string {
  const name = said
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, maxChars)
    .replace(/^-|-$/g, '')
  return name === '' ? 'airflow' : name
}
