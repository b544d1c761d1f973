import { JetwayError } from '#shared/errors/jetway-error.ts'
import { completeSubtrees, Frontier, nodeHash } from './merkle-tree.ts'

/** Leaves from `from` up to and without `to`. */
interface Range {
  readonly from: number
  readonly to: number
}

/** What an inclusion proof consists of: the roots of these, from the leaf up (RFC 6962 §2.1.1). */
export function inclusionRanges(index: number, size: number, from = 0): Range[] {
  if (size === 1) return []
  const k = split(size)
  return index < k
    ? [...inclusionRanges(index, k, from), { from: from + k, to: from + size }]
    : [...inclusionRanges(index - k, size - k, from + k), { from, to: from + k }]
}

/** What a consistency proof between two sizes consists of (RFC 6962 §2.1.2). */
export function consistencyRanges(oldSize: number, size: number, from = 0, isWhole = true): Range[] {
  if (oldSize === size) return isWhole ? [] : [{ from, to: from + size }]
  const k = split(size)
  return oldSize <= k
    ? [...consistencyRanges(oldSize, k, from, isWhole), { from: from + k, to: from + size }]
    : [...consistencyRanges(oldSize - k, size - k, from + k, false), { from, to: from + k }]
}

/**
 * The roots of ranges, in one pass over the leaves.
 *
 * @param before the leaves that are not there any more
 * @param leaves all that follow
 * @throws EVIDENCE_INVALID when a range needs leaves that are not there
 */
export async function rangeRoots(
  ranges: readonly Range[],
  before: Frontier,
  leaves: AsyncIterable<Buffer>,
): Promise<Buffer[]> {
  const open = ranges.map((range) => ({ range, tree: new Frontier() }))
  let at = 0
  const add = (hash: Buffer, count: number) => {
    const part = open.find(({ range }) => at < range.to && at + count > range.from)
    if (part) {
      if (at < part.range.from || at + count > part.range.to) throw missing('was retired')
      part.tree.push(hash, count)
    }
    at += count
  }
  for (const [i, count] of completeSubtrees(before.size).entries()) add(before.hashes[i] as Buffer, count)
  const end = Math.max(0, ...ranges.map(({ to }) => to))
  if (at < end) {
    for await (const leaf of leaves) {
      add(leaf, 1)
      if (at >= end) break
    }
  }
  return open.map(({ range, tree }) => {
    if (tree.size !== range.to - range.from) throw missing('is not there')
    return tree.root
  })
}

/** RFC 9162 §2.1.3.2. */
export function isIncluded(o: {
  leaf: Buffer
  index: number
  size: number
  proof: readonly Buffer[]
  root: Buffer
}): boolean {
  if (o.index >= o.size) return false
  let [node, last, hash] = [o.index, o.size - 1, o.leaf]
  for (const sibling of o.proof) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash)
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)]
    } else {
      hash = nodeHash(hash, sibling)
    }
    ;[node, last] = [half(node), half(last)]
  }
  return last === 0 && hash.equals(o.root)
}

/** RFC 9162 §2.1.4.2. */
export function isConsistent(o: {
  oldSize: number
  oldRoot: Buffer
  size: number
  root: Buffer
  proof: readonly Buffer[]
}): boolean {
  if (o.oldSize > o.size) return false
  if (o.oldSize === o.size) return o.proof.length === 0 && o.oldRoot.equals(o.root)
  if (o.oldSize === 0) return o.proof.length === 0
  const isComplete = completeSubtrees(o.oldSize).length === 1
  const [first, ...rest] = isComplete ? [o.oldRoot, ...o.proof] : o.proof
  if (first === undefined) return false
  let [node, last] = [o.oldSize - 1, o.size - 1]
  while (node % 2 === 1) [node, last] = [half(node), half(last)]
  let [oldHash, hash] = [first, first]
  for (const sibling of rest) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      oldHash = nodeHash(sibling, oldHash)
      hash = nodeHash(sibling, hash)
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)]
    } else {
      hash = nodeHash(hash, sibling)
    }
    ;[node, last] = [half(node), half(last)]
  }
  return last === 0 && oldHash.equals(o.oldRoot) && hash.equals(o.root)
}

const half = (n: number): number => Math.floor(n / 2)

/** The largest power of two below `size`. */
function split(size: number): number {
  let k = 1
  while (2 * k < size) k *= 2
  return k
}

function missing(what: string): JetwayError {
  return new JetwayError('EVIDENCE_INVALID', { reason: `A record that the proof needs ${what}.` })
}
