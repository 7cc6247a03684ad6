/**
 * Addresses that are not public, or stand for another address: every entry of the IANA registry.
 *
 * @see [IPv4 Special-Purpose Address Registry](https://www.iana.org/assignments/iana-ipv4-special-registry/)
 */
const specialIpv4 = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private use
  '100.64.0.0/10', // shared by carrier-grade NAT
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // not in the registry: the platform of Azure, as its machines see it
  '169.254.0.0/16', // link-local, and the metadata services of clouds
  '172.16.0.0/12', // private use
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.31.196.0/24', // AS112
  '192.52.193.0/24', // AMT
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private use
  '192.175.48.0/24', // AS112
  '198.18.0.0/15', // benchmarking
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
].map(prefixOf)

/** All global unicast addresses in use. Loopback, unique local and v4-mapped addresses are outside. */
const globalUnicast = prefixOf('2000::/3')

/** @see [IPv6 Special-Purpose Address Registry](https://www.iana.org/assignments/iana-ipv6-special-registry/) */
const specialIpv6 = [
  '2001::/23', // protocol assignments: Teredo, benchmarking, AMT, ORCHID
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4
  '2620:4f:8000::/48', // AS112
  '3fff::/20', // documentation
].map(prefixOf)

/** NAT64: an IPv4 address as IPv6-only networks reach it (RFC 6052 section 2.1). */
const translatedIpv4 = prefixOf('64:ff9b::/96')

/** Interface identifiers of ISATAP, which contain an IPv4 address (RFC 5214 section 6.1). */
const isatapIdentifiers = [prefixOf('0:5efe::/32'), prefixOf('200:5efe::/32')]

/**
 * Whether an address is on the public internet. URLs that clients choose are fetched only from such addresses. `false` for
 * anything but an address in its usual spelling.
 */
export function isPublicAddress(address: string): boolean {
  const bits = bitsOf(address)
  if (bits === undefined) return false
  if (bits.length === 32) return isPublicIpv4(bits)
  if (bits.startsWith(translatedIpv4)) return isPublicIpv4(bits.slice(96))
  const identifier = bits.slice(64)
  return (
    bits.startsWith(globalUnicast) &&
    !specialIpv6.some((prefix) => bits.startsWith(prefix)) &&
    !isatapIdentifiers.some((prefix) => identifier.startsWith(prefix))
  )
}

function isPublicIpv4(bits: string): boolean {
  return !specialIpv4.some((prefix) => bits.startsWith(prefix))
}

/** The leading bits of all addresses in a block. */
function prefixOf(block: string): string {
  const [address = '', length] = block.split('/')
  return (bitsOf(address) as string).slice(0, Number(length))
}

/** An address as 32 or 128 zeros and ones; `undefined` for anything else, including addresses with a zone. */
function bitsOf(address: string): string | undefined {
  const bytes = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)?.slice(1)
  if (bytes !== undefined) {
    return bytes.every((byte) => Number(byte) < 256 && String(Number(byte)) === byte)
      ? bytes.map((byte) => toBits(Number(byte), 8)).join('')
      : undefined
  }
  const url = `http://[${address}]`
  if (!/^[\da-f:.]+$/i.test(address) || !URL.canParse(url)) return undefined
  // The parser rewrites an IPv4 part at the end.
  const [left = [], right = []] = new URL(url).hostname
    .slice(1, -1)
    .split('::')
    .map((groups) => (groups === '' ? [] : groups.split(':')))
  const zeros = Array<string>(8 - left.length - right.length).fill('0')
  return [...left, ...zeros, ...right].map((group) => toBits(Number.parseInt(group, 16), 16)).join('')
}

function toBits(value: number, length: number): string {
  return value.toString(2).padStart(length, '0')
}
