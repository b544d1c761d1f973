import { createHash } from 'node:crypto'
import { chmod, mkdir, open, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { once } from './cache.ts'
import { run } from './run.ts'
import { ensureSystemPackages } from './system-packages.ts'

const runtimeSource = join(import.meta.dirname, 'appimage/runtime.c')
/** Static, so that an AppImage takes nothing of the machine but fusermount3. */
const libraries = ['squashfuse_ll', 'squashfuse', 'fuse3', 'z', 'zstd', 'lzma', 'lz4', 'lzo2', 'pthread']

/**
 * What electron-builder takes for AppImages, for a machine that reaches no download site: Debian's mksquashfs, packing fast, and
 * a runtime that is compiled here.
 *
 * @returns a folder for APPIMAGE_TOOLS_PATH
 */
export async function ensureAppImageTools(): Promise<string> {
  await ensureSystemPackages(['packages', 'appimage'])
  const source = await readFile(runtimeSource)
  const key = `appimage-tools-${createHash('sha256').update(source).digest('hex').slice(0, 12)}`
  return once(key, async (folder) => {
    await mkdir(join(folder, 'runtimes'))
    await mkdir(join(folder, 'lib/x64'), { recursive: true })
    await buildRuntime(join(folder, 'runtimes/runtime-x64'))
    await symlink('/usr/bin/desktop-file-validate', join(folder, 'desktop-file-validate'))
    const mksquashfs = join(folder, 'mksquashfs')
    await writeFile(mksquashfs, '#!/bin/sh\nexec /usr/bin/mksquashfs "$@" -Xcompression-level 1\n')
    await chmod(mksquashfs, 0o755)
  })
}

async function buildRuntime(path: string): Promise<void> {
  const flags = ['-O2', '-Wall', '-Wextra', '-Werror', '-std=gnu17', '-static', '-s']
  const include = ['-isystem', '/usr/include/squashfuse']
  await run('gcc', [...flags, ...include, '-o', path, runtimeSource, ...libraries.map((name) => `-l${name}`)])
  const file = await open(path, 'r+')
  // By these three bytes of the ELF header an AppImage of type 2 is known.
  await file.write(Buffer.from('AI\x02'), 0, 3, 8)
  await file.close()
}
