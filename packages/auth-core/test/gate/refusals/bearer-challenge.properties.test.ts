import { extractWWWAuthenticateParams } from '@modelcontextprotocol/sdk/client/auth.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bearerChallenge } from '../../../src/gate/refusals/bearer-challenge.js'
import { runs } from '../../harness/property-runs.js'

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom(
    'a", error="x',
    'scope="evil"',
    'resource_metadata=https://evil.example',
    '\r\nset-cookie: a=b',
    '\\"',
    ', Basic realm="x"',
  ),
)

/** Reads a challenge as RFC 9110 section 11.2 writes it, and refuses everything else. */
function strictParameters(challenge: string): Record<string, string> {
  const [, list = ''] = /^Bearer(?: (.+))?$/.exec(challenge) ?? expect.unreachable('it is no challenge')
  const parameters: Record<string, string> = {}
  let rest = list
  while (rest !== '') {
    const found =
      /^([!#$%&'*+\-.^`|~\w]+)="((?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e])*)"(?:, |$)/.exec(
        rest,
      )
    const [all, name, value] = found ?? expect.unreachable(`it cannot be read from here: ${rest}`)
    expect(Object.keys(parameters)).not.toContain(name)
    parameters[name as string] = value as string
    rest = rest.slice((all as string).length)
  }
  return parameters
}

test('A-43 A-44 L-12 all clients read the same parameters from any challenge', () => {
  fc.assert(
    fc.property(
      fc.webUrl(),
      fc.array(anyText, { maxLength: 3 }),
      fc.option(fc.constantFrom('invalid_token' as const, 'insufficient_scope' as const), { nil: undefined }),
      fc.option(anyText, { nil: undefined }),
      (resourceMetadataUrl, scopes, error, description) => {
        const challenge = bearerChallenge({ resourceMetadataUrl, scopes, error, description })
        const strict = strictParameters(challenge)
        const allowed = ['resource_metadata', 'scope', 'error', 'error_description']
        expect(Object.keys(strict).filter((name) => !allowed.includes(name))).toEqual([])
        expect(strict['resource_metadata']).toBe(resourceMetadataUrl)
        expect(strict['error']).toBe(error)
        const response = new Response(null, { status: 401, headers: { 'www-authenticate': challenge } })
        const read = extractWWWAuthenticateParams(response)
        expect(read.resourceMetadataUrl?.href).toBe(new URL(resourceMetadataUrl).href)
        expect(read.scope?.trim() ?? '').toBe(strict['scope']?.trim() ?? '')
        expect(read.error).toBe(error)
      },
    ),
    runs(2000),
  )
})
