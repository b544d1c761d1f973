import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { JetwayError } from '#shared/errors/jetway-error.ts'

/** SHA-256 in hexadecimal of each file of the engine, by its path in the engine's folder. */
export type EngineManifest = Readonly<Record<string, string>>

/** What was read in this process's life, by path: who changes a file changes its inode or the time of its change. */
const known = new Map<string, { readonly stamp: string; readonly sha256: string }>()

/**
 * Holds the engine's files against the digests that the app's archive has of them. The archive is covered by Electron's
 * integrity check and by the package's signature; what lies beside it, where only that platform checks it.
 *
 * @throws ENGINE_ALTERED naming the first that is missing or another
 */
export async function checkEngineFiles(folder: string, manifestFile: string): Promise<void> {
  const manifest = JSON.parse(await readFile(manifestFile, 'utf8')) as EngineManifest
  await Promise.all(
    Object.entries(manifest).map(async ([file, sha256]) => {
      const seen = await knownDigestOf(join(folder, file)).catch(() => null)
      if (seen !== sha256) throw new JetwayError('ENGINE_ALTERED', { file })
    }),
  )
}

/** An engine that ended is not to wait for a hundred megabytes that were read a moment ago. */
async function knownDigestOf(path: string): Promise<string> {
  const { ino, size, ctimeNs } = await stat(path, { bigint: true })
  const stamp = `${ino} ${size} ${ctimeNs}`
  const before = known.get(path)
  if (before?.stamp === stamp) return before.sha256
  const sha256 = await digestOf(path)
  known.set(path, { stamp, sha256 })
  return sha256
}

/** SHA-256 in hexadecimal. */
export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk)
  return hash.digest('hex')
}
