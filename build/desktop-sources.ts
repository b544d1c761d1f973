import { createHash } from 'node:crypto'
import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** Everything that ends up in dist/desktop and dist/engine. */
const sources = [
  '{main,renderer,client,shared,cli}/**/*.{ts,tsx,css,html}',
  'build/{desktop,desktop-sources,engine,bundle,bundled-packages}.ts',
  'build/icons/**/*.{png,svg}',
  'electron.vite.config.ts',
  'package-lock.json',
]

/** The digest of what dist/desktop is built from: the same digest, the same bundles. */
export async function digestOfSources(): Promise<string> {
  const hash = createHash('sha256')
  for (const path of globSync(sources, { cwd: root }).sort()) {
    hash.update(`${path}\0`).update(await readFile(join(root, path)))
  }
  return hash.digest('hex')
}
