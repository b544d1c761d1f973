import { readdirSync, readFileSync } from 'node:fs'

/** All processes of this machine, each with its command line. */
export function processes(): readonly { readonly pid: string; readonly line: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [{ pid, line: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') }]
      } catch {
        // It has ended.
        return []
      }
    })
}
