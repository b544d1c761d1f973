import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { JsonFile } from './json-file.ts'
import { log } from './logs/log.ts'

const place = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().positive(),
  height: z.int().positive(),
  maximized: z.boolean(),
})

const remembered = z.object({
  /** Where the window was; null before it was anywhere. */
  window: place.nullable().catch(null),
  /** The environments to which the person wants to be connected. */
  connected: z.array(z.string()).catch([]),
})

export type WindowPlace = z.infer<typeof place>
type Remembered = z.infer<typeof remembered>

/** What the app notices by itself, in `memory.json`. Losing it costs nothing but comfort. */
export class Memory {
  readonly #file: JsonFile
  #current: Remembered

  constructor(folder: string) {
    this.#file = new JsonFile(join(folder, 'memory.json'))
    this.#current = read(this.#file.path)
  }

  get current(): Remembered {
    return this.#current
  }

  change(part: Partial<Remembered>): void {
    this.#current = { ...this.#current, ...part }
    this.#file.write(this.#current).catch(() => log('memory-not-kept'))
  }

  get settled(): Promise<void> {
    return this.#file.settled
  }
}

function read(path: string): Remembered {
  try {
    return remembered.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return { window: null, connected: [] }
  }
}
