import { writeFileAtomic } from '#client/write-file-atomic.ts'

/** Writes a file one time after the other, so that what was written last stands there at the end. */
export class JsonFile {
  readonly path: string
  #written: Promise<void> = Promise.resolve()

  constructor(path: string) {
    this.path = path
  }

  /** @throws what the file system reports; the old content stands there then */
  write(value: unknown): Promise<void> {
    const written = this.#written.then(() =>
      writeFileAtomic(this.path, `${JSON.stringify(value, null, 2)}\n`),
    )
    this.#written = written.catch(() => undefined)
    return written
  }

  /** Settles when all is written, or could not be. */
  get settled(): Promise<void> {
    return this.#written
  }
}
