import { BlockList, isIP } from 'node:net'

/**
 * Whether NO_PROXY takes a target out. An entry is a name, which stands for all names under it too, with or without
 * `.` or `*.` before it; an address; a network in CIDR notation; or `*` for everything. All but the last two may
 * end with a port. Entries are separated by commas or spaces; one that cannot be understood takes nothing out.
 *
 * @param host a name, or an address without brackets
 * @param list the variable's value
 */
export function isExcluded(host: string, port: number, list: string): boolean {
  const name = nameOf(host)
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => entry === '*' || isNetworkOf(host, entry) || isHostOf(name, port, entry))
}

function isHostOf(name: string, port: number, entry: string): boolean {
  const [, bracketed, plain, digits] = /^(?:\[(.+)\]|([^:]+|.*:.*:.*?))(?::(\d{1,5}))?$/.exec(entry) ?? []
  const wanted = bracketed ?? plain
  if (wanted === undefined || (digits !== undefined && Number(digits) !== port)) return false
  if (isIP(name)) return isIP(wanted) === isIP(name) && isNetworkOf(name, `${wanted}/${bits(wanted)}`)
  const suffix = nameOf(wanted.replace(/^\*?\./, ''))
  return suffix !== '' && (name === suffix || name.endsWith(`.${suffix}`))
}

function isNetworkOf(host: string, entry: string): boolean {
  const [, network = '', prefix] = /^([^/]+)\/(\d{1,3})$/.exec(entry) ?? []
  const family = isIP(host)
  if (family === 0 || isIP(network) !== family || Number(prefix) > bits(network)) return false
  const type = family === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(network, Number(prefix), type)
  return list.check(host, type)
}

function bits(address: string): number {
  return isIP(address) === 4 ? 32 : 128
}

function nameOf(host: string): string {
  return host.toLowerCase().replace(/\.$/, '')
}
