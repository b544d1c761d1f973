import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pixelmatch from 'pixelmatch'
import { PNG } from 'pngjs'
import { outputPath } from './output.ts'

const folder = join(import.meta.dirname, '../desktop/baseline')

/** Edges of letters differ a little from machine to machine. */
const share = 0.002

/**
 * Holds a picture against the one that is kept. `JETWAY_BASELINE=write` keeps this one instead; what differs is shown in
 * a picture beside the others of the tests.
 *
 * @returns how many pixels differ beyond what is allowed; 0 for as it was
 */
export async function differenceFromBaseline(name: string, picture: Buffer): Promise<number> {
  const path = join(folder, `${name}.png`)
  if (process.env.JETWAY_BASELINE === 'write') {
    await mkdir(folder, { recursive: true })
    await writeFile(path, picture)
    return 0
  }
  if (!existsSync(path)) throw new Error(`${name} has no baseline. Keep this one: JETWAY_BASELINE=write`)
  const [kept, now] = [PNG.sync.read(await readFile(path)), PNG.sync.read(picture)]
  const { width, height } = kept
  if (now.width !== width || now.height !== height) return width * height
  const shown = new PNG({ width, height })
  const different = pixelmatch(kept.data, now.data, shown.data, width, height, { threshold: 0.1 })
  if (different <= width * height * share) return 0
  await writeFile(outputPath(`difference-${name}.png`), PNG.sync.write(shown))
  return different
}
