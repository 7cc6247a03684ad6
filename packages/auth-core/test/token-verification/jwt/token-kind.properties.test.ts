import fc from 'fast-check'
import { expect, test } from 'vitest'
import { kindOfToken } from '../../../src/token-verification/jwt/token-kind.js'
import { runs } from '../../harness/property-runs.js'
import { vendorTokens } from '../../harness/vendor-tokens.js'

const typOf = (typ: string | undefined) => typ?.toLowerCase().replace('application/', '')
const kindOf = ({ typ, audience = '' }: { typ?: string; audience?: string }, claims: object) =>
  kindOfToken(typOf(typ), { ...claims }, [audience])

/** Access tokens that say so in the header or a claim. */
const namedKinds = ['token_use', 'typ', 'tokenName', 'tokenType', 'tok_type', 'purpose', 'type']
const accessTokens = vendorTokens.filter(({ kind }) => kind === 'access token')
const unnamed = accessTokens.filter(
  ({ typ, claims }) => !typ?.includes('at+jwt') && !namedKinds.some((name) => name in claims),
)
const unmarked = accessTokens.filter(({ typ }) => !typ?.includes('at+jwt'))
const idTokens = vendorTokens.filter(({ kind }) => kind === 'ID token')

test('A-27 an access token that its issuer does not name is refused with any claim that only ID tokens have', () => {
  const claims = fc.subarray(['at_hash', 'c_hash', 's_hash', 'nonce'], { minLength: 1 })
  fc.assert(
    fc.property(fc.constantFrom(...unnamed), claims, (token, added) => {
      const idClaims = Object.fromEntries(added.map((claim) => [claim, 'x']))
      expect(kindOf(token, { ...token.claims, ...idClaims })).toBe('id_token')
    }),
    runs(500),
  )
})

test('A-27 a token without a media type is refused if any claim names another kind', () => {
  const claim = fc.constantFrom(
    'token_type',
    'token_use',
    'typ',
    'tokenName',
    'tokenType',
    'tok_type',
    'purpose',
    'type',
  )
  const spelled = (name: string) => [
    ...[name, `${name}_token`, `${name}-token`, `${name.toUpperCase()} Token`],
    `urn:ietf:params:oauth:token-type:${name}_token`,
  ]
  const kind = fc.constantFrom(...['id', 'refresh', 'offline', 'logout'].flatMap(spelled))
  fc.assert(
    fc.property(fc.constantFrom(...unmarked), claim, kind, (token, name, value) => {
      const expected = /^(?:urn:.*:)?id/i.test(value) ? 'id_token' : 'other'
      expect(kindOf(token, { ...token.claims, [name]: value })).toBe(expected)
      expect(kindOf(token, { ...token.claims, [name]: ['other', value] })).toBe(expected)
    }),
    runs(1000),
  )
})

/** Other claims of ID tokens. None is for a resource. */
const aboutTheUser = fc.record(
  {
    ...{ sub: fc.string(), name: fc.string(), email: fc.string(), email_verified: fc.boolean() },
    ...{ preferred_username: fc.string(), auth_time: fc.nat(), acr: fc.string(), amr: fc.array(fc.string()) },
    ...{ roles: fc.array(fc.string()), groups: fc.array(fc.string()), permissions: fc.array(fc.string()) },
    ...{
      sid: fc.string(),
      jti: fc.string(),
      nbf: fc.nat(),
      tid: fc.uuid(),
      oid: fc.uuid(),
      ver: fc.string(),
    },
    'https://example.com/claim': fc.anything(),
    scope: fc
      .subarray(['openid', 'profile', 'email', 'offline_access', 'groups', 'roles'])
      .map((scopes) => scopes.join(' ')),
    scp: fc.subarray(['openid', 'profile', 'email', 'allatclaims', 'groups', 'roles']),
  },
  { requiredKeys: [] },
)

test('A-27 an ID token of a vendor is refused, whatever other claims it has', () => {
  fc.assert(
    fc.property(fc.constantFrom(...idTokens), aboutTheUser, (token, more) => {
      expect(kindOf(token, { ...more, ...token.claims })).toBe('id_token')
    }),
    runs(1000),
  )
})

test('A-27 an ID token as OpenID Connect defines it is refused, whatever audience is expected', () => {
  const client = fc.oneof(fc.uuid(), fc.constantFrom('app', 'https://client.example/client.json', 'urn:app'))
  const claimOfClient = fc.constantFrom('client_id', 'azp', 'cid', 'appid')
  const idToken = fc.record({
    client,
    others: fc.subarray(['https://api.example.com/mcp', 'urn:notes', 'other']),
    clientFirst: fc.boolean(),
    claim: claimOfClient,
    more: aboutTheUser,
  })
  fc.assert(
    fc.property(idToken, ({ client, others, clientFirst, claim, more }) => {
      const aud = clientFirst ? [client, ...others] : [...others, client]
      const claims = { ...more, aud: others.length === 0 ? client : aud, [claim]: client }
      for (const audience of [client, ...others])
        expect(kindOfToken(undefined, claims, [audience])).toBe('id_token')
    }),
    runs(1000),
  )
})

test('A-27 the kind of a token is determined for any claims', () => {
  const kinds = ['access_token', 'id_token', 'other']
  const name = fc.constantFrom(
    'aud',
    'scope',
    'scp',
    'client_id',
    'cid',
    'typ',
    'token_use',
    'nonce',
    'events',
  )
  fc.assert(
    fc.property(fc.dictionary(name, fc.anything()), fc.array(fc.string()), (claims, audiences) => {
      expect(kinds).toContain(kindOfToken('jwt', claims, audiences))
    }),
    runs(1000),
  )
})
