import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'

/** Beside what is built, in the repository that builds run in. (electron-vite runs its configuration from a copy.) */
const folder = join(process.cwd(), 'dist/bundled')

/**
 * A plugin that writes down the folders of all npm packages that a bundle took anything from, so that licences and the bill
 * of materials are of what is shipped, and not of what is installed.
 *
 * @param bundle its name
 */
export function recordPackages(bundle: string): Plugin {
  return {
    name: 'record-packages',
    apply: 'build',
    generateBundle() {
      const folders = [...this.getModuleIds()].flatMap((id) => packageFolderOf(id) ?? [])
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, `${bundle}.json`), JSON.stringify([...new Set(folders)].sort()))
    },
  }
}

/** All folders that were written down. */
export function bundledPackages(): readonly string[] {
  const lists = readdirSync(folder).map(
    (name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as string[],
  )
  return [...new Set(lists.flat())].sort()
}

/** The innermost package that a module belongs to; null for the project's own. */
export function packageFolderOf(moduleId: string): string | null {
  const path = moduleId.replace(/^\0/, '').replaceAll('\\', '/')
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? null
}
