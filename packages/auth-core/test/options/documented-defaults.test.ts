import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { documentOptionTable } from '../../src/authorization-server/client-registry/documents/document-options.js'
import { dynamicRegistrationOptionTable } from '../../src/authorization-server/client-registry/initial-access-token.js'
import { oauthProviderOptionTable } from '../../src/authorization-server/options.js'
import { clientAuthenticatorOptionTable } from '../../src/authorization-server/private-key-jwt-client-authenticator.js'
import {
  memoryRateLimitOptionTable,
  rules,
} from '../../src/authorization-server/rate-limit/memory-rate-limit.js'
import { lifetimesTable } from '../../src/authorization-server/records/lifetimes.js'
import { tokenHandlerOptionTable } from '../../src/authorization-server/token-handler.js'
import { bearerGateOptionTable } from '../../src/gate/gate-options.js'
import { mcpHandlerOptionTable } from '../../src/gate/mcp-guard.js'
import { sdkVerifierOptionTable } from '../../src/gate/sdk-verifier.js'
import { toolScopesOptionTable } from '../../src/mcp/tool-scopes.js'
import { checkMountOptionTable } from '../../src/mounting/check-mount.js'
import { toRouteOptionTable } from '../../src/mounting/to-route.js'
import type { Options } from '../../src/options/option-table.js'
import { multiAuthOptionTable } from '../../src/providers/multi-auth-options.js'
import { providerOptionTable } from '../../src/providers/provider-options.js'
import { remoteAuthProviderOptionTable } from '../../src/providers/remote-auth-provider.js'
import { encryptedStoreOptionTable } from '../../src/store/encrypted-store.js'
import { memoryStoreOptionTable } from '../../src/store/memory-store.js'
import { debugTokenVerifierOptionTable } from '../../src/token-verification/debug-token-verifier.js'
import { introspectionOptionTable } from '../../src/token-verification/introspection-options.js'
import { jwtVerifierOptionTable } from '../../src/token-verification/jwt-verifier-options.js'
import { staticTokenVerifierOptionTable } from '../../src/token-verification/static-token-verifier.js'

function read(page: string): string {
  return readFileSync(new URL(`../../../../docs/reference/${page}.md`, import.meta.url), 'utf8')
}

const tables: readonly (readonly [heading: string, page: string, table: Options])[] = [
  ['`JWTVerifier`', 'verifier-options', ofVerifier(jwtVerifierOptionTable())],
  ['`IntrospectionTokenVerifier`', 'verifier-options', ofVerifier(introspectionOptionTable())],
  ['`StaticTokenVerifier`', 'verifier-options', ofVerifier(staticTokenVerifierOptionTable())],
  ['`DebugTokenVerifier`', 'verifier-options', ofVerifier(debugTokenVerifierOptionTable())],
  ['`OAuthProvider`', 'options', oauthProviderOptionTable()],
  ['`clientIdMetadataDocuments`', 'options', documentOptionTable()],
  ['`dynamicRegistration`', 'options', dynamicRegistrationOptionTable()],
  ['`lifetimes` of `OAuthProvider`', 'lifetimes', lifetimesTable()],
  ['`RemoteAuthProvider`', 'options', remoteAuthProviderOptionTable()],
  ['`MultiAuth`', 'options', multiAuthOptionTable()],
  ['`AuthProvider`', 'options', providerOptionTable()],
  ['`TokenHandler`', 'options', tokenHandlerOptionTable()],
  ['`PrivateKeyJWTClientAuthenticator`', 'options', clientAuthenticatorOptionTable()],
  ['`memoryStore`', 'options', memoryStoreOptionTable()],
  ['`encryptedStore`', 'options', encryptedStoreOptionTable()],
  ['`checkMount`', 'options', checkMountOptionTable()],
  ['`toRoute`', 'options', toRouteOptionTable()],
  ['SDK helpers', 'options', sdkVerifierOptionTable()],
  ['Gate options', 'adapters', bearerGateOptionTable()],
  ['`requireToolScopes`', 'adapters', toolScopesOptionTable()],
  ['`mcpHandler`', 'adapters', mcpHandlerOptionTable()],
]

/** Verifiers inherit the URLs of the provider around them, so their page does not show them. */
function ofVerifier({ baseUrl: _, resourceBaseUrl: __, ...table }: Options): Options {
  return table
}

/** What a section of a page shows as the default of each option. */
function documented(page: string, heading: string): ReadonlyMap<string, string> {
  const [, section = ''] = read(page).split(`\n## ${heading}\n`)
  const [own = ''] = section.split(/^## /m)
  const rows = own.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|([^|]*)\|/gm)
  return new Map(
    [...rows].flatMap(([, names = '', shown = '']) =>
      [...names.matchAll(/\w+/g)].map(([name]): [string, string] => [name, shown.trim()]),
    ),
  )
}

describe.each(tables)('%s in docs/reference/%s.md', (heading, page, table) => {
  const shown = documented(page, heading)

  test('has every option of the table', () => {
    expect(Object.keys(table).filter((name) => !shown.has(name))).toEqual([])
  })

  test('shows the defaults of the table', () => {
    const wrong = Object.entries(table).flatMap(([name, row]) => {
      if (!['string', 'number', 'boolean'].includes(typeof row.default)) return []
      const text = shown.get(name) ?? ''
      const [value = ''] = /^`[^`]*`|^\d+/.exec(text) ?? []
      const expected = JSON.stringify(row.default).replaceAll('"', "'")
      // An empty cell refers to another section: "As in `JWTVerifier`."
      const isRight = text === '' || value.replaceAll('`', '') === expected
      return isRight ? [] : [`${name}: ${text} instead of ${expected}`]
    })
    expect(wrong).toEqual([])
  })

  test('marks the options that the table requires', () => {
    const required = Object.entries(table).flatMap(([name, row]) => (row.isRequired === true ? [name] : []))
    expect(required.filter((name) => shown.get(name) !== 'required')).toEqual([])
  })
})

test('docs/reference/rate-limits.md shows the defaults of memoryRateLimit', () => {
  const [defaults = ''] = read('rate-limits').split(/^## (?!`memoryRateLimit`)/m)
  const rows = defaults.matchAll(/^\| `(\w+)` \|([^|]*)\|([^|]*)\|/gm)
  const shown = [...rows].map(([, name = '', burst = '', perMinute = '']) => {
    const isLimit = Object.hasOwn(rules, name)
    return [name, isLimit ? `${burst.trim()} ${perMinute.trim()}`.trim() : burst.trim()]
  })
  const { remembered, now: _, ...limits } = memoryRateLimitOptionTable()
  const expected = Object.entries(limits).map(([name, { default: limit }]) => [
    name,
    limit === false ? 'no limit' : `${limit.burst} ${limit.perMinute}`,
  ])
  expect(Object.fromEntries(shown)).toEqual({
    ...Object.fromEntries(expected),
    remembered: `\`${remembered.default}\``,
    now: 'the system clock',
  })
})
