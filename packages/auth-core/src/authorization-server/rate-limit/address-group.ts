/**
 * How many bits of an IPv6 address identify its owner: 64 for a link or a device, 56 for a home, and 48 for an office, the
 * most that one customer gets (RFC 6177).
 */
export type NetworkBits = 48 | 56 | 64

/**
 * Returns what counts as one address. For IPv6 it is the network, because its owner has all addresses in it. Anything that
 * is not an IPv6 address stays as it is.
 */
export function addressGroup(address: string, bits: NetworkBits): string {
  if (!address.includes(':')) return address
  const ipv4 = mappedIpv4(address)
  if (ipv4 !== undefined) return ipv4
  const [head = '', tail] = address.toLowerCase().replace(/%.*$/, '').split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  const groups = [...left, ...zeros, ...right].map((group) => group.replace(/^0+(?=.)/, ''))
  const subnet = Number.parseInt(groups[3] ?? '0', 16) & (0xffff << (64 - bits))
  return `${[...groups.slice(0, 3), subnet.toString(16)].join(':')}::/${bits}`
}

function mappedIpv4(address: string): string | undefined {
  return /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1]
}
