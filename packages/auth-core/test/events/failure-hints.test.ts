import { expect, test } from 'vitest'
import { oauthProviderOptionTable } from '../../src/authorization-server/options.js'
import { ownTokenRefusal } from '../../src/authorization-server/tokens/own-token-refusal.js'
import { failureHints, hintFor } from '../../src/events/failure-hints.js'
import { tokenRejections } from '../../src/oauth/reasons.js'

const issuer = 'https://notes.example.com'
const resource = 'https://notes.example.com/mcp'

test('O-05 a token for another resource is refused with the one that was expected', () => {
  expect(ownTokenRefusal('audience', issuer, resource)).toMatchObject({
    reason: 'audience',
    issuer,
    expected: { audience: resource },
    hint: expect.stringContaining('"baseUrl"'),
  })
  expect(ownTokenRefusal('issuer', issuer, resource)).toMatchObject({ expected: { issuer } })
})

/** What hints name besides options: what a client writes, and an event. */
const otherNames = ['token_endpoint_auth_method', 'kid', 'document.failed']

/** What hints name in double quotes: options, and members of options. */
function namedBy(hint: string): string[] {
  return [...hint.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name)
}

test('O-05 hints are short, printable, and name options that there are', () => {
  const ofTokens = tokenRejections.map((reason) => ownTokenRefusal(reason, issuer, resource).hint)
  const hints = [...Object.values(failureHints), ...ofTokens].filter((hint) => hint !== undefined)
  expect(hints.length).toBeGreaterThan(20)
  for (const hint of hints) {
    expect(hint).toMatch(/^[ -~]{10,200}$/)
    for (const name of namedBy(hint)) {
      if (!otherNames.includes(name))
        expect(Object.keys(oauthProviderOptionTable())).toContain(name.split('.')[0])
    }
  }
})

test('a failure that no option mends has no hint', () => {
  expect(hintFor('code_replayed')).toBeUndefined()
  expect(hintFor('app_ldap')).toBeUndefined()
  expect(hintFor(undefined)).toBeUndefined()
})
