/**
 * Makes a .deb or an .rpm with dpkg-deb and rpmbuild alone. electron-builder calls it where it would otherwise call fpm,
 * which it downloads, and with fpm's options; see CUSTOM_FPM_PATH in build/package-desktop.ts.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { buildDeb } from './deb.ts'
import { readPackageOptions } from './options.ts'
import { buildRpm } from './rpm.ts'
import { writeTree } from './tree.ts'

const options = readPackageOptions(process.argv.slice(2))
const folder = await mkdtemp(join(tmpdir(), 'jetway-package-'))
try {
  const tree = join(folder, 'tree')
  await mkdir(tree, { mode: 0o755 })
  await writeTree(tree, options.contents)
  await mkdir(dirname(options.output), { recursive: true })
  await (options.type === 'deb' ? buildDeb(tree, options) : buildRpm(tree, options))
} finally {
  await rm(folder, { recursive: true, force: true })
}
