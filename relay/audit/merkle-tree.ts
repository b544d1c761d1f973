import { hash } from 'node:crypto'

/** A complete subtree: `count` is a power of two. */
interface Node {
  readonly count: number
  readonly hash: Buffer
}

const hashBytes = 32
const leafPrefix = Buffer.of(0x00)
/** What a node's hash is made of: its prefix, and both children. */
const children = Buffer.alloc(1 + 2 * hashBytes, 0x01)
const emptyRoot = sha256(Buffer.of())

/** By way of hex, which takes half the time of asking for a buffer. */
export function sha256(bytes: Uint8Array): Buffer {
  return Buffer.from(hash('sha256', bytes, 'hex'), 'hex')
}

/** RFC 6962 §2.1. */
export function leafHash(entry: Uint8Array): Buffer {
  return sha256(Buffer.concat([leafPrefix, entry]))
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  children.set(left, 1)
  children.set(right, 1 + hashBytes)
  return sha256(children)
}

/**
 * A growing Merkle tree (RFC 6962 §2.1), of which only the roots of its largest complete subtrees are kept: as many as
 * its size has bits that are set.
 */
export class Frontier {
  #nodes: Node[] = []
  #size = 0

  /**
   * @param hashes as of {@link hashes}
   * @throws RangeError when they are not those of a tree of that size
   */
  static of(size: number, hashes: readonly Buffer[]): Frontier {
    const frontier = new Frontier()
    const counts = completeSubtrees(size)
    if (counts.length !== hashes.length) throw new RangeError('not a frontier of that size')
    frontier.#size = size
    frontier.#nodes = counts.map((count, i) => ({ count, hash: hashes[i] as Buffer }))
    return frontier
  }

  get size(): number {
    return this.#size
  }

  /** Of the complete subtrees, the largest first. */
  get hashes(): readonly Buffer[] {
    return this.#nodes.map((node) => node.hash)
  }

  /** Of all leaves so far. */
  get root(): Buffer {
    return this.#nodes.map((node) => node.hash).reduceRight(joined, null) ?? emptyRoot
  }

  /** @param count of leaves below `hash`: a power of two, and no more than those of the last subtree */
  push(leaf: Buffer, count = 1): void {
    let node: Node = { count, hash: leaf }
    this.#size += count
    for (let last = this.#nodes.at(-1); last?.count === node.count; last = this.#nodes.at(-1)) {
      this.#nodes.pop()
      node = { count: 2 * last.count, hash: nodeHash(last.hash, node.hash) }
    }
    this.#nodes.push(node)
  }

  copy(): Frontier {
    return Frontier.of(this.#size, this.hashes)
  }
}

/** The sizes of the complete subtrees of a tree, the largest first. */
export function completeSubtrees(size: number): number[] {
  const counts: number[] = []
  for (let [rest, count] = [size, 1]; rest > 0; rest = Math.floor(rest / 2), count *= 2)
    if (rest % 2 === 1) counts.unshift(count)
  return counts
}

function joined(right: Buffer | null, left: Buffer): Buffer {
  return right === null ? left : nodeHash(left, right)
}
