import { cp, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { run } from '../setup/run.ts'
import type { Content } from './options.ts'

/** Lays out what is installed below `tree`, for everyone to read and nobody but root to change. */
export async function writeTree(tree: string, contents: readonly Content[]): Promise<void> {
  for (const { from, to } of contents) {
    await mkdir(dirname(join(tree, to)), { recursive: true })
    await cp(from, join(tree, to), { recursive: true, verbatimSymlinks: true })
  }
  await run('chmod', ['-R', 'u=rwX,go=rX', tree])
}
