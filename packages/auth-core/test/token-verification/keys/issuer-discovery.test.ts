import { beforeAll, describe, expect, test } from 'vitest'
import type { AuthEvent } from '../../../src/events/auth-event.js'
import { JWTVerifier } from '../../../src/token-verification/jwt-verifier.js'
import type { JWTVerifierOptions } from '../../../src/token-verification/jwt-verifier-options.js'
import { recorder } from '../../harness/events.js'
import { testClock } from '../../harness/test-clock.js'
import { issuer, newKey, resource, signToken, type TestKey } from '../../harness/tokens.js'

const rfc8414 = `${issuer}/.well-known/oauth-authorization-server`
const oidc = `${issuer}/.well-known/openid-configuration`
const jwksUri = `${issuer}/keys`

let key: TestKey

beforeAll(async () => {
  key = await newKey()
})

type Documents = Readonly<Record<string, () => Response>>

const refused = (): Response => {
  throw Object.assign(new TypeError('fetch failed'), {
    cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }),
  })
}
const late = (): Response => {
  throw new DOMException('The operation was aborted due to timeout', 'TimeoutError')
}
const metadata = (document: object) => () => Response.json({ issuer, jwks_uri: jwksUri, ...document })

/** The event and the message of keys that cannot be found. */
async function messageOf(documents: Documents, options: object = {}): Promise<string> {
  const now = testClock()
  const listen = recorder()
  const fetch = async (url: string) => documents[url]?.() ?? new Response(null, { status: 404 })
  const verifier = new JWTVerifier({ issuer, now, fetch, onEvent: listen, ...options } as JWTVerifierOptions)
  await expect(verifier.verifyToken(await signToken(key, now()), { resource })).rejects.toMatchObject({
    status: 503,
  })
  const [event, ...others] = listen.events as (AuthEvent & { cause?: { message?: string } })[]
  expect(others).toEqual([])
  expect(event).toMatchObject({ type: 'source.unavailable', source: 'jwks' })
  return event?.cause?.message ?? ''
}

describe('O-05 a discovery that fails is one message', () => {
  test('the message of a failed discovery has every URL that was tried, and each reason', async () => {
    expect(await messageOf({ [rfc8414]: refused })).toBe(
      `no "jwks_uri" found for ${issuer}: ${rfc8414}: fetch failed (ECONNREFUSED); ${oidc} responded 404`,
    )
  })

  test.each<[string, () => Response, string]>([
    ['is missing', () => new Response(null, { status: 404 }), ' responded 404'],
    ['redirects', () => new Response(null, { status: 302 }), ' responded 302'],
    ['comes too late', late, ': no response in time'],
    ['is a page', () => new Response('<p>'), ' responded without JSON, or nested it too deeply'],
    [
      'names another issuer',
      metadata({ issuer: 'https://other.example' }),
      ': "issuer" is https://other.example',
    ],
    [
      'names the issuer with a slash',
      metadata({ issuer: `${issuer}/` }),
      `: "issuer" is ${issuer}/, which differs only in the trailing slash`,
    ],
    ['names no issuer', metadata({ issuer: undefined }), ': "issuer" is missing'],
    [
      'names an issuer that would forge a log',
      metadata({ issuer: 'https://a.example\nforged' }),
      ': "issuer" is not a URL',
    ],
    ['names no keys', metadata({ jwks_uri: undefined }), ': "jwks_uri" must be an absolute URL'],
    [
      'names keys over http',
      metadata({ jwks_uri: 'http://login.example.com/keys' }),
      ': "jwks_uri" must be an https URL (http is for loopback only)',
    ],
  ])('the message of a failed discovery says of a document: it %s', async (_name, document, reason) => {
    expect(await messageOf({ [rfc8414]: document })).toBe(
      `no "jwks_uri" found for ${issuer}: ${rfc8414}${reason}; ${oidc} responded 404`,
    )
  })

  test.each<[string, (() => Response) | undefined, string]>([
    ['are missing', undefined, ' responded 404'],
    ['cannot be reached', refused, ': fetch failed (ECONNREFUSED)'],
    ['come too late', late, ': no response in time'],
    [
      'are no JWKS document',
      () => Response.json({}),
      ': "jwksUri" must be a JWKS document with a list of "keys"',
    ],
    ['are none', () => Response.json({ keys: [] }), ' has no usable key'],
  ])(
    'the message of a failed discovery says of the keys at a discovered URL: they %s',
    async (_name, keys, reason) => {
      const documents = { [rfc8414]: metadata({}), ...(keys === undefined ? {} : { [jwksUri]: keys }) }
      expect(await messageOf(documents)).toBe(`${jwksUri}${reason}`)
    },
  )

  test('the message of a failed fetch says the same of a configured URL', async () => {
    const elsewhere = 'https://keys.example.com/jwks'
    expect(await messageOf({ [elsewhere]: refused }, { jwksUri: elsewhere })).toBe(
      `${elsewhere}: fetch failed (ECONNREFUSED)`,
    )
  })
})
