import { isIPv4 } from 'node:net'

/**
 * IP addresses that stand for all that some networks can tell apart: where each begins, and the first after it.
 *
 * @param networks addresses and CIDR ranges, both families
 */
export function sampleAddresses(networks: readonly string[]): string[] {
  const families = [
    { bits: 32, own: networks.filter((network) => isIPv4(network.split('/', 1)[0] as string)), text: ipv4 },
    { bits: 128, own: networks.filter((network) => network.includes(':')), text: ipv6 },
  ]
  const addresses = families.flatMap(({ bits, own, text }) => {
    if (own.length === 0) return []
    const places = own.flatMap((network) => {
      const [address = '', length = String(bits)] = network.split('/')
      const size = 1n << BigInt(bits - Number(length))
      const value = bits === 32 ? valueOfIpv4(address) : valueOfIpv6(address)
      const start = (value / size) * size
      return [start, start + size]
    })
    return [...new Set([0n, ...places])].filter((place) => place < 1n << BigInt(bits)).map(text)
  })
  return addresses
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
