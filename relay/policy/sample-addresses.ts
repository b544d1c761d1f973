import { isIPv4 } from 'node:net'
import { distinctBy } from './distinct.ts'
import { blockListOf, isOfIpv4 } from './networks.ts'

/**
 * IP addresses that stand for all that some lists of networks can tell apart: of where each network begins, and the first
 * after it, the first for which the same holds.
 *
 * @param lists addresses and CIDR ranges, both families
 */
export function sampleAddresses(lists: readonly (readonly string[])[]): string[] {
  const blocks = lists.map(blockListOf)
  const addresses = [
    ...edges(lists.flat().filter(isOfIpv4), 32, valueOfIpv4).map(ipv4),
    ...edges(
      lists.flat().filter((network) => !isOfIpv4(network)),
      128,
      valueOfIpv6,
    ).map(ipv6),
  ]
  return distinctBy(addresses, (address) =>
    blocks.map((block) => block.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')),
  )
}

function edges(networks: readonly string[], bits: number, read: (address: string) => bigint): bigint[] {
  if (networks.length === 0) return []
  const places = networks.flatMap((network) => {
    const [address = '', length = String(bits)] = network.split('/')
    const size = 1n << BigInt(bits - Number(length))
    const start = (read(address) / size) * size
    return [start, start + size]
  })
  return [0n, ...places].filter((place) => place < 1n << BigInt(bits))
}

function valueOfIpv4(address: string): bigint {
  return address.split('.').reduce((value, part) => value * 256n + BigInt(part), 0n)
}

/** RFC 4291 §2.2, an embedded IPv4 address included. */
function valueOfIpv6(address: string): bigint {
  const [head = '', tail] = address.split('::')
  const parts = (text: string) =>
    text === ''
      ? []
      : text.split(':').flatMap((part) => {
          if (!part.includes('.')) return [BigInt(`0x${part}`)]
          const value = valueOfIpv4(part)
          return [value >> 16n, value & 0xffffn]
        })
  const [first, last] = [parts(head), tail === undefined ? [] : parts(tail)]
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => 0n)
  return [...first, ...zeros, ...last].reduce((value, part) => (value << 16n) | part, 0n)
}

function ipv4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.')
}

function ipv6(value: bigint): string {
  return Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - i * 16)) & 0xffffn).toString(16)).join(
    ':',
  )
}
