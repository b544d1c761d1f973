import { close, fdatasync, ftruncate, open, write } from 'node:fs'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'

const openFile = promisify(open)
const writeTo = promisify(write)
const sync = promisify(fdatasync)
const truncate = promisify(ftruncate)
const closeDescriptor = promisify(close)

/** Only the owner: records name people and what they did. */
const fileMode = 0o600

/** The segment that is written. What it holds below `size` is on the disk. */
export class SegmentFile {
  readonly path: string
  readonly #descriptor: number
  readonly #inode: bigint
  #size: number

  private constructor(path: string, descriptor: number, inode: bigint, size: number) {
    this.path = path
    this.#descriptor = descriptor
    this.#inode = inode
    this.#size = size
  }

  /** @param flags `r+` for one that is there, `wx+` for a new one */
  static async open(path: string, flags: 'r+' | 'wx+', size: number): Promise<SegmentFile> {
    const descriptor = await openFile(path, flags, fileMode)
    const { ino } = await stat(path, { bigint: true })
    return new SegmentFile(path, descriptor, ino, size)
  }

  get size(): number {
    return this.#size
  }

  /** Whether it is still there under its name, and as long as it was left. */
  async isAsLeft(): Promise<boolean> {
    const now = await stat(this.path, { bigint: true }).catch(() => null)
    return now !== null && now.ino === this.#inode && Number(now.size) === this.#size
  }

  /** Resolves when the bytes are on the disk. When they do not get there, none of them stays. */
  async append(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await writeTo(
          this.#descriptor,
          bytes,
          at,
          bytes.length - at,
          this.#size + at,
        )
        at += bytesWritten
      }
      await sync(this.#descriptor)
      this.#size += bytes.length
    } catch (error) {
      await truncate(this.#descriptor, this.#size).catch(() => {})
      throw error
    }
  }

  /** Takes out what follows a byte. */
  async cut(size: number): Promise<void> {
    await truncate(this.#descriptor, size)
    await sync(this.#descriptor)
    this.#size = size
  }

  async close(): Promise<void> {
    await closeDescriptor(this.#descriptor)
  }
}
