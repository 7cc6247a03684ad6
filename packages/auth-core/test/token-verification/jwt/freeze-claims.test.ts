import { expect, test } from 'vitest'
import { freezeClaims } from '../../../src/token-verification/jwt/freeze-claims.js'

test('claims cannot be changed, at any depth', () => {
  const claims = freezeClaims({ sub: 'alice', realm: { roles: ['reader', { name: 'admin' }] } })
  expect(() => claims.realm.roles.push('admin')).toThrow(TypeError)
  expect(() => Object.assign(claims.realm.roles[1] as object, { name: 'owner' })).toThrow(TypeError)
  expect(() => Object.assign(claims, { sub: 'bob' })).toThrow(TypeError)
  expect(claims).toEqual({ sub: 'alice', realm: { roles: ['reader', { name: 'admin' }] } })
})

test('instances of classes are not frozen', () => {
  const issuedAt = new Date(0)
  const { owner } = freezeClaims({
    issuedAt,
    owner: new (class Owner {
      name = 'a'
    })(),
  })
  owner.name = 'b'
  expect(owner.name).toBe('b')
  expect(Object.isFrozen(issuedAt)).toBe(false)
})
