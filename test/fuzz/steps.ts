import { join } from './target.ts'

/** Something that happens in a life that a fuzzer made up: what kind, and its bytes. */
export interface Step {
  readonly kind: number
  readonly bytes: Uint8Array
}

const headerBytes = 3

/** `kind u8 | len u16 | bytes`. */
export function step(kind: number, ...bytes: readonly (number | Uint8Array)[]): Uint8Array {
  const all = join(...bytes.map((b) => (typeof b === 'number' ? Uint8Array.of(b) : b)))
  return join(Uint8Array.of(kind, all.length >> 8, all.length), all)
}

/** Every input is a life of some kind: the last step may be cut short. */
export function readSteps(input: Uint8Array): Step[] {
  return cutsOfSteps(input).map((at) => ({
    kind: input[at] as number,
    bytes: input.subarray(at + headerBytes, endOfStep(input, at)),
  }))
}

/** Where the steps begin. */
export function cutsOfSteps(input: Uint8Array): number[] {
  const cuts: number[] = []
  for (let at = 0; at < input.length; at = endOfStep(input, at)) cuts.push(at)
  return cuts
}

function endOfStep(input: Uint8Array, at: number): number {
  return at + headerBytes + ((input[at + 1] ?? 0) << 8) + (input[at + 2] ?? 0)
}
