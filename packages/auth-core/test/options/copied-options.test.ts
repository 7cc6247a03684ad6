import { expect, test } from 'vitest'
import {
  memoryStore,
  OAuthProvider,
  RemoteAuthProvider,
  requireBearerAuth,
  StaticTokenVerifier,
} from '../../src/index.js'
import { fromJavaScript } from '../harness/from-javascript.js'

const staticTokens = (scopes: string[]) =>
  new StaticTokenVerifier({
    tokens: { token: { clientId: 'client-1', scopes } },
    onEvent: false,
  })

function remote(options: Partial<ConstructorParameters<typeof RemoteAuthProvider>[0]> = {}) {
  return new RemoteAuthProvider({
    baseUrl: 'https://api.example.com',
    authorizationServers: ['https://login.example.com'],
    tokenVerifier: staticTokens([]),
    ...options,
  })
}

test('A-23 a listener that changes the scopes of its event does not change what the gate requires', async () => {
  const provider = remote()
  provider.setMcpPath('/mcp')
  const authenticate = requireBearerAuth(provider, {
    scopes: ['admin'],
    onEvent: (event) => {
      if (event.type === 'scope.missing') fromJavaScript<string[]>(event.scopes).pop()
    },
  })
  const headers = { authorization: 'Bearer token' }

  for (let request = 0; request < 2; request += 1) {
    const refusal = await authenticate(
      new Request('https://api.example.com/mcp', { method: 'POST', headers }),
    )
    expect(refusal).toMatchObject({ status: 403 })
  }
})

test('A-36 a list of authorization servers that changes later does not change the metadata', async () => {
  const authorizationServers = ['https://login.example.com']
  const provider = remote({ authorizationServers })
  authorizationServers[0] = 'http://attacker.example'

  const route = provider.getRoutes('/mcp').find(({ path }) => path.includes('oauth-protected-resource'))
  const response = await route?.handler(new Request('https://api.example.com/'))
  expect(await response?.json()).toMatchObject({ authorization_servers: ['https://login.example.com'] })
})

test('the lists of scopes of a provider are frozen', () => {
  const provider = remote({ scopesSupported: ['a'], challengeScopes: ['a'] })

  expect(provider.scopesSupported).toSatisfy(Object.isFrozen)
  expect(provider.getChallengeScopes()).toSatisfy(Object.isFrozen)
})

test('A-80 signingAlgorithm refuses a list', () => {
  const options = {
    baseUrl: 'https://notes.example.com',
    store: memoryStore(),
    signIn: () => ({ subject: 'a' }),
  }

  expect(
    () => new OAuthProvider({ ...options, ...fromJavaScript<object>({ signingAlgorithm: ['ES256'] }) }),
  ).toThrow(/^OAuthProvider: "signingAlgorithm" must be one of /)
})

test('O-10 a token that is not a string throws, even if a configured token is empty', async () => {
  const verifier = new StaticTokenVerifier({
    tokens: fromJavaScript({ '': { clientId: 'client-1' } }),
    onEvent: false,
  })

  await expect(verifier.verifyToken(fromJavaScript(undefined))).rejects.toThrow(TypeError)
})
