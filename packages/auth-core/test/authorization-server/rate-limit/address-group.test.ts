import { expect, test } from 'vitest'
import { addressGroup } from '../../../src/authorization-server/rate-limit/address-group.js'

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002:ffff::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8:0:0:1::', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['client-7', 'client-7'],
])('the address %s counts as %s', (address, group) => {
  expect(addressGroup(address, 64)).toBe(group)
})

test.each([
  ['2001:db8:1:abcd:3:4:5:6', '2001:db8:1:ab00::/56', '2001:db8:1:0::/48'],
  ['2001:db8:1:abff::1', '2001:db8:1:ab00::/56', '2001:db8:1:0::/48'],
  ['2001:db8:1:ff::1', '2001:db8:1:0::/56', '2001:db8:1:0::/48'],
  ['2001:db8:1:100::1', '2001:db8:1:100::/56', '2001:db8:1:0::/48'],
  ['2001:db8:2:100::1', '2001:db8:2:100::/56', '2001:db8:2:0::/48'],
  ['2001:db8::1', '2001:db8:0:0::/56', '2001:db8:0:0::/48'],
  ['192.0.2.1', '192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1', '192.0.2.1'],
])('the address %s is in the home %s and in the network %s', (address, home, network) => {
  expect(addressGroup(address, 56)).toBe(home)
  expect(addressGroup(address, 48)).toBe(network)
})
