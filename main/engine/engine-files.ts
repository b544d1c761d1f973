import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { JetwayError } from '#shared/errors/jetway-error.ts'

/** SHA-256 in hexadecimal of each file of the engine, by its path in the engine's folder. */
export type EngineManifest = Readonly<Record<string, string>>

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
      const seen = await digestOf(join(folder, file)).catch(() => null)
      if (seen !== sha256) throw new JetwayError('ENGINE_ALTERED', { file })
    }),
  )
}

/** SHA-256 in hexadecimal. */
export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk)
  return hash.digest('hex')
}
