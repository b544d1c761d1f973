import { describe, expect, test } from 'vitest'
import { completeSubtrees, Frontier, leafHash } from '../../../../relay/audit/merkle-tree.ts'
import {
  consistencyRanges,
  inclusionRanges,
  isConsistent,
  isIncluded,
  rangeRoots,
} from '../../../../relay/audit/proof.ts'

/** The test data of RFC 6962's reference implementation. */
const entries = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => Buffer.from(hex, 'hex'))
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

const leaf = (i: number) => leafHash(Buffer.from(`record ${i}`))
const treeOf = (size: number) => {
  const tree = new Frontier()
  for (let i = 0; i < size; i += 1) tree.push(leaf(i))
  return tree
}
async function* leavesFrom(first: number, size: number) {
  for (let i = first; i < size; i += 1) yield leaf(i)
}
const most = 33
const trees = Array.from({ length: most + 1 }, (_, size) => treeOf(size))
const rootOf = (size: number) => trees[size]?.root as Buffer

test.each(roots.map((root, size) => [size, root]))('the root of %i entries', (size, root) => {
  const tree = new Frontier()
  for (const entry of entries.slice(0, size as number)) tree.push(leafHash(entry))
  expect(tree.root.toString('hex')).toBe(root)
  expect(Frontier.of(tree.size, tree.hashes).root.toString('hex')).toBe(root)
})

test('a frontier has as many hashes as its size says', () => {
  expect(completeSubtrees(0b1011)).toEqual([8, 2, 1])
  expect(() => Frontier.of(3, [leaf(0)])).toThrow(RangeError)
})

describe('every record of every tree up to 33', () => {
  test('is proven, and proves nothing else', async () => {
    for (let size = 1; size <= most; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const proof = await rangeRoots(inclusionRanges(index, size), new Frontier(), leavesFrom(0, size))
        const good = { leaf: leaf(index), index, size, proof, root: rootOf(size) }
        expect(isIncluded(good)).toBe(true)
        expect(isIncluded({ ...good, leaf: leaf(index + 1) })).toBe(false)
        expect(isIncluded({ ...good, index: index + size })).toBe(false)
        expect(isIncluded({ ...good, root: rootOf(size - 1) })).toBe(false)
        expect(isIncluded({ ...good, proof: [...proof, leaf(0)] })).toBe(false)
        if (proof.length > 0) expect(isIncluded({ ...good, proof: proof.slice(1) })).toBe(false)
      }
    }
  })

  test('older trees are proven to be the beginning, and no others', async () => {
    for (let size = 1; size <= most; size += 1) {
      for (let oldSize = 1; oldSize <= size; oldSize += 1) {
        const proof = await rangeRoots(consistencyRanges(oldSize, size), new Frontier(), leavesFrom(0, size))
        const good = { oldSize, oldRoot: rootOf(oldSize), size, root: rootOf(size), proof }
        expect(isConsistent(good)).toBe(true)
        expect(isConsistent({ ...good, oldRoot: rootOf(oldSize - 1) })).toBe(false)
        expect(isConsistent({ ...good, root: rootOf(size - 1) })).toBe(false)
        expect(isConsistent({ ...good, proof: [...proof, leaf(0)] })).toBe(false)
        expect(isConsistent({ ...good, oldSize: size + 1 })).toBe(false)
      }
    }
  })

  test('is proven without what was retired before it', async () => {
    for (let first = 1; first < most; first += 1) {
      for (let index = first; index < most; index += 1) {
        const before = trees[first] as Frontier
        const proof = await rangeRoots(inclusionRanges(index, most), before, leavesFrom(first, most))
        expect(isIncluded({ leaf: leaf(index), index, size: most, proof, root: rootOf(most) })).toBe(true)
        const ranges = consistencyRanges(index, most)
        const consistency = await rangeRoots(ranges, before, leavesFrom(first, most))
        const [oldRoot, root] = [rootOf(index), rootOf(most)]
        expect(isConsistent({ oldSize: index, oldRoot, size: most, root, proof: consistency })).toBe(true)
      }
    }
  })
})

test('what was retired cannot be proven', async () => {
  await expect(
    rangeRoots(inclusionRanges(2, 16), trees[8] as Frontier, leavesFrom(8, 16)),
  ).rejects.toMatchObject({
    code: 'EVIDENCE_INVALID',
    message: 'A record that the proof needs was retired.',
  })
})
