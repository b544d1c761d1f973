import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** Where tests leave pictures and logs for people to look at. */
export function outputPath(name: string): string {
  const folder = join(import.meta.dirname, '../../test-results')
  mkdirSync(folder, { recursive: true })
  return join(folder, name)
}
