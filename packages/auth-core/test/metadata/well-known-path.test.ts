import { expect, test } from 'vitest'
import {
  openIdConfigurationPaths,
  protectedResourceMetadataUrl,
  wellKnownPath,
} from '../../src/metadata/well-known-path.js'

test.each([
  // RFC 8414 section 3.1.
  ['https://example.com', '/.well-known/oauth-authorization-server'],
  ['https://example.com/', '/.well-known/oauth-authorization-server'],
  ['https://example.com/issuer1', '/.well-known/oauth-authorization-server/issuer1'],
  ['https://example.com/issuer1/', '/.well-known/oauth-authorization-server/issuer1'],
  ['https://example.com/a%2Fb/C', '/.well-known/oauth-authorization-server/a%2Fb/C'],
])('B-02 the metadata of the issuer %s is at %s', (issuer, path) => {
  expect(wellKnownPath('oauth-authorization-server', issuer)).toBe(path)
})

test.each([
  // RFC 9728 section 3.1.
  ['https://resource.example.com', 'https://resource.example.com/.well-known/oauth-protected-resource'],
  ['https://resource.example.com/', 'https://resource.example.com/.well-known/oauth-protected-resource'],
  [
    'https://resource.example.com/resource1',
    'https://resource.example.com/.well-known/oauth-protected-resource/resource1',
  ],
  ['http://localhost:3001/mcp', 'http://localhost:3001/.well-known/oauth-protected-resource/mcp'],
])('A-34 the metadata of the resource %s is at %s', (resource, url) => {
  expect(protectedResourceMetadataUrl(resource)).toBe(url)
})

test.each([
  ['https://example.com', ['/.well-known/openid-configuration']],
  ['https://example.com/', ['/.well-known/openid-configuration']],
  [
    'https://example.com/issuer1',
    ['/.well-known/openid-configuration/issuer1', '/issuer1/.well-known/openid-configuration'],
  ],
  [
    'https://example.com/a/b/',
    ['/.well-known/openid-configuration/a/b', '/a/b/.well-known/openid-configuration'],
  ],
])('B-18 the OpenID Connect document of the issuer %s is at %s', (issuer, paths) => {
  expect(openIdConfigurationPaths(issuer)).toEqual(paths)
})
