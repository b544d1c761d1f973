import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** Why a file is not taken, in a few words. */
export class UnsafeFile extends Error {
  override readonly name = 'UnsafeFile'
}

const writableByOthers = 0o022
const administrator = 0

/**
 * The text of a file that others could not have put there; null where there is none. On Windows the place has to see
 * to that.
 *
 * @param maxBytes more than that is not taken
 * @throws UnsafeFile
 */
export async function readSafely(path: string, maxBytes: number): Promise<string | null> {
  let file: FileHandle
  try {
    // A pipe in its place would be waited for.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw new UnsafeFile(`cannot be read (${code})`, { cause })
  }
  try {
    // Of what was opened, not of what stands there by now.
    const stats = await file.stat()
    if (!stats.isFile()) throw new UnsafeFile('is no file')
    if (stats.size > maxBytes) throw new UnsafeFile(`is over ${maxBytes / 1024} KiB`)
    if (process.platform !== 'win32') {
      if (stats.uid !== administrator && stats.uid !== process.getuid?.())
        throw new UnsafeFile('belongs to someone else than you or an administrator')
      if ((stats.mode & writableByOthers) !== 0)
        throw new UnsafeFile('can be changed by others (chmod go-w takes that away)')
    }
    const buffer = Buffer.alloc(maxBytes + 1)
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
    if (bytesRead > maxBytes) throw new UnsafeFile(`is over ${maxBytes / 1024} KiB`)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}
