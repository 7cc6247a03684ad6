import { describe, expect, test } from 'vitest'
import {
  openPages,
  type PageOptions,
  pageOptionTable,
} from '../../../src/authorization-server/pages/pages.js'
import { checkedOptions } from '../../../src/options/option-table.js'
import { flag } from '../../../src/options/rows.js'

function check(options: PageOptions, dangerouslyAllowInsecureUrls = false) {
  const table = { ...pageOptionTable(), dangerouslyAllowInsecureUrls: flag() }
  const given = { ...options, dangerouslyAllowInsecureUrls }
  return openPages(checkedOptions('OAuthProvider', given, table), 'notes.example')
}

describe('the name', () => {
  test('the name on pages is the host by default', () => {
    expect(check({}).application).toEqual({ name: 'notes.example' })
    expect(check({ name: 'Notes' }).application.name).toBe('Notes')
  })

  test('the name on pages must not be blank', () => {
    expect(() => check({ name: ' ' })).toThrow(/^OAuthProvider: "name" must be/)
  })
})

describe('the logo', () => {
  test.each([
    ['https://cdn.example/logo.png?v=2', 'https://cdn.example'],
    ['https://cdn.example:8443/a;b,c.svg', 'https://cdn.example:8443'],
    ['http://localhost:3000/logo.png', 'http://localhost:3000'],
    ['data:image/png;base64,iVBORw0KGgo=', 'data:'],
    ['data:image/svg+xml,%3Csvg/%3E', 'data:'],
  ])('C-26 L-12 the logo %s adds only the source %s to the policy', (logo, source) => {
    const { application, ownSources, applicationSources } = check({ logo })
    expect(application.logo).toBe(logo)
    expect(ownSources).toEqual({ 'img-src': [source] })
    expect(applicationSources['img-src']).toEqual([...new Set(["'self'", 'data:', source])])
  })

  test.each([
    'http://cdn.example/logo.png',
    '/logo.png',
    'javascript:alert(1)',
    'data:text/html,x',
    'data:image/png;base64,a b',
    'blob:https://cdn.example/x',
    '',
  ])('the logo %j is rejected', (logo) => {
    expect(() => check({ logo })).toThrow(/^OAuthProvider: "logo" must be/)
  })

  test('the logo may be an http URL with dangerouslyAllowInsecureUrls', () => {
    expect(check({ logo: 'http://intranet/logo.png' }, true).ownSources).toEqual({
      'img-src': ['http://intranet'],
    })
  })
})

test.each(['consentPage', 'errorPage'] as const)('the option "%s" must be a function', (option) => {
  const options: Record<string, unknown> = { [option]: '<p>x</p>' }
  expect(() => check(options)).toThrow(`"${option}" must be a function`)
})
