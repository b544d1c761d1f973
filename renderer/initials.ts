/** `Ana Reyes` → `AR`, `ana@example.com` → `A`. */
export function initials(name: string): string {
  const words = name.split('@')[0]?.split(/\s+/) ?? []
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => word?.[0] ?? '')
  return letters.join('').toUpperCase()
}
