import { expect, test } from 'vitest'
import { buildProtectedResourceMetadata } from '../../src/metadata/protected-resource.js'

const resource = 'https://rs.example/mcp'
const authorizationServers = ['https://as.example']

test('A-35 A-36 A-39 A-41 A-49 the metadata has the required members and none without a value', () => {
  const least = {
    resource,
    authorization_servers: authorizationServers,
    bearer_methods_supported: ['header'],
  }
  expect(buildProtectedResourceMetadata({ resource, authorizationServers })).toEqual(least)
  expect(
    Object.keys(
      buildProtectedResourceMetadata({
        resource,
        authorizationServers,
        scopesSupported: [],
        resourceName: undefined,
        resourceDocumentation: undefined,
      }),
    ),
  ).toEqual(Object.keys(least))
})

test('A-37 A-38 the metadata has every configured member except the scope offline_access', () => {
  expect(
    buildProtectedResourceMetadata({
      resource,
      authorizationServers,
      scopesSupported: ['a', 'offline_access'],
      resourceName: 'Notes',
      resourceDocumentation: 'https://rs.example/docs',
    }),
  ).toEqual({
    resource,
    authorization_servers: authorizationServers,
    scopes_supported: ['a'],
    bearer_methods_supported: ['header'],
    resource_name: 'Notes',
    resource_documentation: 'https://rs.example/docs',
  })
})
