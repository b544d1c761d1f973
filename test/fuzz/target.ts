import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { ErrorCode } from '#shared/errors/table.ts'

/** Something that takes bytes of someone who may be hostile. */
export interface Target {
  readonly name: string
  /** Well-formed inputs of every kind, to begin with. */
  readonly seeds: readonly Uint8Array[]
  /** Pieces that chance would not find. */
  readonly words: readonly Uint8Array[]
  /** Where the pieces of an input begin, so that whole ones are doubled, dropped and moved. */
  cuts(input: Uint8Array): number[]
  /** Runs it on one input. @throws whatever must never happen */
  run(input: Uint8Array): void | Promise<void>
  /** Ends what it started. */
  close?(): Promise<void>
}

/** No input may take longer. A guard against loops that do not end, not a measurement. */
const mostMs = 2000

/** @throws what must never happen, or that it took too long */
export async function execute(target: Target, input: Uint8Array): Promise<void> {
  const started = performance.now()
  await target.run(input)
  const ms = performance.now() - started
  if (ms > mostMs) throw new Error(`took ${ms.toFixed()} ms`)
}

/**
 * What `run` returns, or null when it was refused with one of these codes, in words of our own.
 *
 * @throws every other error
 */
export function orRefused<T>(codes: readonly ErrorCode[], run: () => T): T | null {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof JetwayError) || !codes.includes(error.code)) throw error
    if (error.message.length > 300) throw new Error('the peer fills our error text')
    return null
  }
}

export const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))

export const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))
