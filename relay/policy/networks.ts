import { BlockList, isIP, isIPv4 } from 'node:net'

/** @param networks addresses and CIDR ranges, both families */
export function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const family = isOfIpv4(network) ? 'ipv4' : 'ipv6'
    const [address = '', length] = network.split('/')
    list.addSubnet(address, Number(length ?? (family === 'ipv4' ? 32 : 128)), family)
  }
  return list
}

/** Whether a peer is in one of the networks; one whose address is not known is in none. */
export function isWithin(networks: readonly string[], address: string): boolean {
  const plain = plainAddress(address)
  return plain !== null && blockListOf(networks).check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6')
}

export function isOfIpv4(network: string): boolean {
  return isIPv4(network.split('/', 1)[0] as string)
}

/** Without the form in which a dual-stack socket gives IPv4 addresses, and without the name of an interface. */
export function plainAddress(address: string | null): string | null {
  const plain = (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  return isIP(plain) === 0 ? null : plain
}
