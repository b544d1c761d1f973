/** Whether a name matches, whatever its case: `*` before a pattern, after it, or both stands for any characters. */
export function namePattern(pattern: string): (name: string) => boolean {
  const [, before, core = '', after] = /^(\*?)(.*?)(\*?)$/s.exec(pattern.toLowerCase()) ?? []
  if (before && after) return (name) => name.toLowerCase().includes(core)
  if (before) return (name) => name.toLowerCase().endsWith(core)
  if (after) return (name) => name.toLowerCase().startsWith(core)
  return (name) => name.toLowerCase() === core
}
