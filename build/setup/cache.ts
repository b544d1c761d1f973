import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where installed parts are kept between runs: `JETWAY_CACHE`, or the person's cache folder. */
export function cacheFolder(): string {
  return process.env.JETWAY_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'jetway')
}

/**
 * A folder that is built once. It is there whole or not at all: what an interrupted run left is built anew, and of
 * two runs at once the first to finish wins.
 *
 * @param key names the content; other content takes another key
 * @param build fills the folder that it is given
 * @param inPlace for content that cannot be moved, such as a Python venv
 */
export async function once(
  key: string,
  build: (folder: string) => Promise<void>,
  { inPlace = false }: { inPlace?: boolean } = {},
): Promise<string> {
  const folder = join(cacheFolder(), key)
  const stamp = join(folder, '.complete')
  if (existsSync(stamp)) return folder
  await mkdir(cacheFolder(), { recursive: true })
  if (inPlace) {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder)
    await build(folder)
    await writeFile(stamp, '')
    return folder
  }
  const temporary = await mkdtemp(join(cacheFolder(), `.${key}-`))
  try {
    await build(temporary)
    await writeFile(join(temporary, '.complete'), '')
    await rm(folder, { recursive: true, force: true })
    await rename(temporary, folder).catch((error) => {
      if (!existsSync(stamp)) throw error
    })
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
  return folder
}
