import { BlockList, isIP } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isPublicAddress } from '../../src/outbound/special-purpose-address.js'
import { runs } from '../harness/property-runs.js'

/** The registries of IANA once more, in the words of another implementation of blocks. */
function blockList(family: 'ipv4' | 'ipv6', blocks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const block of blocks) {
    const [address = '', length] = block.split('/')
    list.addSubnet(address, Number(length), family)
  }
  return list
}

const special4 = blockList('ipv4', [
  ...[
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.0.0.0/24',
  ],
  ...[
    '192.0.2.0/24',
    '192.31.196.0/24',
    '192.52.193.0/24',
    '192.88.99.0/24',
    '192.168.0.0/16',
    '192.175.48.0/24',
  ],
  ...['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4', '168.63.129.16/32'],
])
const unicast6 = blockList('ipv6', ['2000::/3'])
const special6 = blockList('ipv6', [
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '2620:4f:8000::/48',
  '3fff::/20',
])
const nat64 = blockList('ipv6', ['64:ff9b::/96'])

function oracle(address: string): boolean {
  if (isIP(address) === 4) return !special4.check(address, 'ipv4')
  const groups = groupsOf(address)
  if (nat64.check(address, 'ipv6')) return oracle(dotted(groups.slice(6)))
  // ISATAP (RFC 5214 section 6.1).
  const isIsatap = ['0000', '0200'].includes(groups[4] ?? '') && groups[5] === '5efe'
  return unicast6.check(address, 'ipv6') && !special6.check(address, 'ipv6') && !isIsatap
}

const dotted = (groups: readonly string[]) => [...Buffer.from(groups.join(''), 'hex')].join('.')

function groupsOf(address: string): string[] {
  const [left = '', right = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const [before, after] = [left, right].map((part) => part.split(':').filter((group) => group !== ''))
  const zeros = Array<string>(8 - (before?.length ?? 0) - (after?.length ?? 0)).fill('0')
  return [...(before ?? []), ...zeros, ...(after ?? [])].map((group) => group.padStart(4, '0'))
}

const starts = [
  '2000',
  '2001',
  '2002',
  '2620',
  '3fff',
  '3ffe',
  '64',
  'fc00',
  'fe80',
  '0',
  '2606',
  '4000',
  '1fff',
]
const group = fc.oneof(
  fc.constantFrom('0', '1', '1ff', '200', 'db8', '5efe', '4f', '8000', 'ff9b', 'ffff', '7f00'),
  fc.nat({ max: 0xffff }).map((n) => n.toString(16)),
)
const ipv6 = fc
  .tuple(fc.constantFrom(...starts), fc.array(group, { minLength: 7, maxLength: 7 }))
  .map(([start, rest]) => [start, ...rest].join(':'))
const edges = fc.constantFrom(
  '9.255.255.255',
  '10.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '198.20.0.0',
  '223.255.255.255',
)
const ipv4 = fc.oneof(
  fc.ipV4(),
  edges,
  fc
    .tuple(
      fc.constantFrom(...['192.0', '192.168', '198.51', '203.0', '168.63', '169.254']),
      fc.nat({ max: 255 }),
      fc.nat({ max: 255 }),
    )
    .map((parts) => parts.join('.')),
)
const embedded = ipv4.map((address) => `64:ff9b::${address}`)

test('M-02 addresses are public or not as in the registries of IANA', () => {
  fc.assert(
    fc.property(fc.oneof(ipv4, ipv6, fc.ipV6(), embedded), (address) => {
      expect([address, isPublicAddress(address)]).toEqual([address, oracle(address)])
    }),
    runs(5000),
  )
})

test('M-02 what is not an address is not public', () => {
  const text = fc.string({ unit: fc.constantFrom(...'0123456789abcdefx.:[]%/ '), maxLength: 24 })
  fc.assert(
    fc.property(text, (address) => {
      if (isIP(address) === 0 || address.includes('%')) expect(isPublicAddress(address)).toBe(false)
    }),
    runs(5000),
  )
})
