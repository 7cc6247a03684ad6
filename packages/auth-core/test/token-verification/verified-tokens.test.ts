import { expect, test } from 'vitest'
import { VerifiedTokens } from '../../src/token-verification/verified-tokens.js'

test('a token is remembered for one resource', () => {
  const tokens = new VerifiedTokens<{ id: number }>()
  tokens.remember('token', 'https://a.example', { id: 1 })
  expect(tokens.find('token', 'https://a.example')).toEqual({ id: 1 })
  expect(tokens.find('token', 'https://b.example')).toBeUndefined()
  expect(tokens.find('token', undefined)).toBeUndefined()
  expect(tokens.find('other', 'https://a.example')).toBeUndefined()
})

test('what is remembered cannot be changed, at any depth', () => {
  const tokens = new VerifiedTokens<{ claims: { roles: string[] } }>()
  tokens.remember('token', undefined, { claims: { roles: ['reader'] } })
  expect(() => tokens.find('token', undefined)?.claims.roles.push('admin')).toThrow(TypeError)
  expect(tokens.find('token', undefined)).toEqual({ claims: { roles: ['reader'] } })
})

test('memory is bounded: what nobody asks for goes, what is in use stays', () => {
  const tokens = new VerifiedTokens<{ id: number }>(100)
  tokens.remember('in use', undefined, { id: -1 })
  for (let id = 0; id < 1000; id += 1) {
    tokens.remember(`token-${id}`, undefined, { id })
    expect(tokens.find('in use', undefined)).toEqual({ id: -1 })
  }
  const kept = Array.from({ length: 1000 }, (_, id) => tokens.find(`token-${id}`, undefined))
  expect(kept.filter((entry) => entry !== undefined).length).toBeLessThanOrEqual(100)
  expect(tokens.find('token-0', undefined)).toBeUndefined()
})

test('clearing forgets everything, and what is being verified meanwhile is not remembered', () => {
  const tokens = new VerifiedTokens<{ id: number }>()
  tokens.remember('token', undefined, { id: 1 })
  const remember = tokens.rememberer()
  tokens.clear()
  expect(tokens.find('token', undefined)).toBeUndefined()
  remember('token', undefined, { id: 1 })
  expect(tokens.find('token', undefined)).toBeUndefined()
  tokens.rememberer()('token', undefined, { id: 2 })
  expect(tokens.find('token', undefined)).toEqual({ id: 2 })
})
