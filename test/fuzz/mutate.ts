import { pick } from '../support/random.ts'
import { join, type Target } from './target.ts'

/** Longer inputs show nothing that these do not: what is at the limits has tests of its own. */
const maxInputBytes = 2048
const interesting = [0, 1, 2, 4, 8, 12, 16, 20, 0x7f, 0x80, 0xff, 0xffff, 0x1_0000, 0x7fff_ffff, 0xffff_ffff]

/** An input that is much like `input`, with up to four changes: some blind, some that keep its pieces whole. */
export function mutate(
  target: Target,
  input: Uint8Array,
  pool: readonly Uint8Array[],
  random: () => number,
): Uint8Array {
  const below = (end: number) => Math.floor(random() * end)
  let bytes = input
  for (let changes = 1 + below(4); changes > 0; changes -= 1) {
    const change = pick(random, random() < 0.5 ? blind : whole)
    bytes = change(bytes, { target, pool, random, below }).slice(0, maxInputBytes)
  }
  return bytes
}

interface Chance {
  readonly target: Target
  readonly pool: readonly Uint8Array[]
  random(): number
  /** An integer in [0, end). */
  below(end: number): number
}
type Change = (bytes: Uint8Array, chance: Chance) => Uint8Array

const blind: readonly Change[] = [
  function flipBit(bytes, { below }) {
    const at = below(bytes.length)
    return bytes.map((byte, i) => (i === at ? byte ^ (1 << below(8)) : byte))
  },
  function setByte(bytes, { random, below }) {
    const copy = bytes.slice()
    if (copy.length > 0) copy[below(copy.length)] = random() < 0.5 ? below(256) : pick(random, interesting)
    return copy
  },
  /** A number anywhere, as a length or an id: an interesting one, or one near what is there. */
  function setNumber(bytes, { random, below }) {
    const size = pick(random, [2, 4, 8])
    if (bytes.length < size) return bytes
    const copy = bytes.slice()
    const view = Buffer.from(copy.buffer)
    const at = below(copy.length - size + 1)
    const width = Math.min(size, 4)
    const low = at + size - width
    const near = view.readUIntBE(low, width) + below(17) - 8
    const value = random() < 0.5 ? pick(random, interesting) : near
    view.writeUIntBE(Math.abs(value) % 2 ** (8 * width), low, width)
    return copy
  },
  function cutOff(bytes, { below }) {
    return bytes.slice(0, below(bytes.length + 1))
  },
  function remove(bytes, { below }) {
    const at = below(bytes.length + 1)
    return join(bytes.subarray(0, at), bytes.subarray(at + 1 + below(8)))
  },
  function insertBytes(bytes, { below }) {
    const at = below(bytes.length + 1)
    const added = Uint8Array.from({ length: 1 + below(8) }, () => below(256))
    return join(bytes.subarray(0, at), added, bytes.subarray(at))
  },
  function insertWord(bytes, { target, random, below }) {
    const at = below(bytes.length + 1)
    return join(bytes.subarray(0, at), pick(random, target.words), bytes.subarray(at))
  },
  function overwriteWithWord(bytes, { target, random, below }) {
    const at = below(bytes.length + 1)
    const word = pick(random, target.words)
    return join(bytes.subarray(0, at), word, bytes.subarray(at + word.length))
  },
]

const whole: readonly Change[] = [
  function double(bytes, chance) {
    const piece = pieceOf(bytes, chance)
    const at = cutOf(bytes, chance)
    const times = Array.from({ length: chance.random() < 0.8 ? 1 : 1 + chance.below(16) }, () => piece)
    return join(bytes.subarray(0, at), ...times, bytes.subarray(at))
  },
  function drop(bytes, chance) {
    const [from, to] = [cutOf(bytes, chance), cutOf(bytes, chance)].sort((a, b) => a - b) as [number, number]
    return join(bytes.subarray(0, from), bytes.subarray(to))
  },
  function replaceWithWord(bytes, chance) {
    const at = cutOf(bytes, chance)
    const piece = pieceAt(bytes, at, chance)
    const word = pick(chance.random, chance.target.words)
    return join(bytes.subarray(0, at), word, bytes.subarray(at + piece.length))
  },
  function insertFromOther(bytes, chance) {
    const at = cutOf(bytes, chance)
    return join(bytes.subarray(0, at), pieceOf(pick(chance.random, chance.pool), chance), bytes.subarray(at))
  },
  function splice(bytes, chance) {
    const other = pick(chance.random, chance.pool)
    return join(bytes.subarray(0, cutOf(bytes, chance)), other.subarray(cutOf(other, chance)))
  },
]

function cutOf(bytes: Uint8Array, { target, random }: Chance): number {
  return pick(random, [0, ...target.cuts(bytes), bytes.length])
}

function pieceOf(bytes: Uint8Array, chance: Chance): Uint8Array {
  return pieceAt(bytes, cutOf(bytes, chance), chance)
}

/** From one cut to the next. */
function pieceAt(bytes: Uint8Array, from: number, { target }: Chance): Uint8Array {
  return bytes.subarray(
    from,
    target.cuts(bytes).find((cut) => cut > from),
  )
}
