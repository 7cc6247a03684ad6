import { expect, test } from 'vitest'
import {
  isCodeChallenge,
  isCodeVerifier,
  matchesCodeChallenge,
} from '../../../src/authorization-server/authorization/pkce.js'

// RFC 7636 appendix B.
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

test('the code verifier of RFC 7636 appendix B matches its challenge', async () => {
  expect(isCodeVerifier(verifier)).toBe(true)
  expect(isCodeChallenge(challenge)).toBe(true)
  expect(await matchesCodeChallenge(verifier, challenge)).toBe(true)
})

test('a code challenge matches neither another verifier nor itself', async () => {
  expect(await matchesCodeChallenge(verifier.replace('d', 'e'), challenge)).toBe(false)
  expect(await matchesCodeChallenge(challenge, challenge)).toBe(false)
  expect(await matchesCodeChallenge('', challenge)).toBe(false)
})

test.each([
  challenge.slice(1),
  `${challenge}=`,
  `${challenge}a`,
  challenge.replace('-', '+'),
  challenge.replace('-', '/'),
  challenge.replace('-', ' '),
  `${challenge}\n`,
  '',
])('C-09 %j is not an S256 code challenge', (value) => {
  expect(isCodeChallenge(value)).toBe(false)
})

test.each([
  ['43 characters', 'a'.repeat(43), true],
  ['128 characters', 'a'.repeat(128), true],
  ['every allowed character', 'AZaz09-._~'.repeat(5), true],
  ['42 characters', 'a'.repeat(42), false],
  ['129 characters', 'a'.repeat(129), false],
  ['a plus', `${'a'.repeat(43)}+`, false],
  ['a space', `${'a'.repeat(43)} `, false],
  ['a line break', `${'a'.repeat(43)}\n`, false],
  ['another script', 'ä'.repeat(43), false],
])('a code verifier of %s is valid only if RFC 7636 allows it', (_name, value, expected) => {
  expect(isCodeVerifier(value)).toBe(expected)
})
