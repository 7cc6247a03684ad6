import { describe, expect, test } from 'vitest'
import {
  IntrospectionTokenVerifier,
  JWTVerifier,
  memoryStore,
  OAuthProvider,
  RemoteAuthProvider,
} from '../../src/index.js'

const secure = 'https://notes.example'
const insecure = 'http://notes.example'
const signIn = () => ({ subject: 'alice' })

/** Makes something with an http URL in one of its options. */
type Make = (more: { readonly dangerouslyAllowInsecureUrls?: boolean }) => unknown

const own = (options: Partial<ConstructorParameters<typeof OAuthProvider>[0]>) =>
  new OAuthProvider({ baseUrl: secure, store: memoryStore(), signIn, ...options })

const remote = (options: Partial<ConstructorParameters<typeof RemoteAuthProvider>[0]>) =>
  new RemoteAuthProvider({
    baseUrl: secure,
    authorizationServers: [secure],
    tokenVerifier: new JWTVerifier({ issuer: secure }),
    ...options,
  })

const asking = { clientId: 'notes', clientSecret: 'secret' }

const places: [string, Make][] = [
  ['baseUrl', (more) => own({ baseUrl: insecure, ...more })],
  ['resourceBaseUrl', (more) => own({ resourceBaseUrl: insecure, ...more })],
  ['issuerUrl', (more) => own({ issuerUrl: insecure, ...more })],
  ['resources', (more) => own({ resources: [insecure], ...more })],
  ['logo', (more) => own({ logo: `${insecure}/logo.png`, ...more })],
  ['authorizationServers', (more) => remote({ authorizationServers: [insecure], ...more })],
  ['issuer', (more) => new JWTVerifier({ issuer: insecure, ...more })],
  ['jwksUri', (more) => new JWTVerifier({ issuer: secure, jwksUri: `${insecure}/jwks`, ...more })],
  [
    'introspectionUrl',
    (more) => new IntrospectionTokenVerifier({ introspectionUrl: insecure, ...asking, ...more }),
  ],
]

describe.each(places)('an http URL as "%s"', (option, make) => {
  test('L-01 is refused, and the error names the option that allows it', () => {
    expect(() => make({})).toThrow(TypeError)
    expect(() => make({})).toThrow(
      new RegExp(`"${option}" must be an https URL .* set "dangerouslyAllowInsecureUrls: true"`),
    )
  })

  test('L-01 is accepted with that option', () => {
    expect(() => make({ dangerouslyAllowInsecureUrls: true })).not.toThrow()
  })
})
