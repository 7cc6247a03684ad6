import { describe, expect, test } from 'vitest'
import { checkedToolScopes, scopesOfToolCalls } from '../../src/mcp/tool-scopes.js'

const toolScopes = { add_note: ['notes:write'], purge: ['notes:write', 'admin'], list: [] }

function call(name: unknown, method: unknown = 'tools/call') {
  return { jsonrpc: '2.0', id: 1, method, params: { name, arguments: {} } }
}

test('A-23 a call needs the scopes of its tool', () => {
  expect(scopesOfToolCalls(call('purge'), toolScopes)).toEqual(['notes:write', 'admin'])
  expect(scopesOfToolCalls(call('list'), toolScopes)).toEqual([])
})

test('A-24 a batch needs the scopes of all its calls, each once', () => {
  const batch = [call('add_note'), call('other'), call('purge'), { method: 'ping' }]
  expect(scopesOfToolCalls(batch, toolScopes)).toEqual(['notes:write', 'admin'])
})

test.each(['tools/list', 'ping', 'Tools/Call', ['tools/call'], undefined])(
  'another method (%s) needs nothing here',
  (method) => {
    expect(scopesOfToolCalls({ method, params: { name: 'purge' } }, toolScopes)).toBeUndefined()
  },
)

describe('names that every object has', () => {
  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
    'a tool called %s needs nothing unless it is listed',
    (name) => {
      expect(scopesOfToolCalls(call(name), toolScopes)).toBeUndefined()
      expect(scopesOfToolCalls(call(name), Object.fromEntries([[name, ['admin']]]))).toEqual(['admin'])
    },
  )
})

test.each([
  null,
  undefined,
  'text',
  7,
  true,
  [],
  [[call('purge')]],
  [null, 7, 'text'],
  {},
  { method: 'ping', params: null },
  JSON.parse('{"method":"ping","params":{"constructor":{"name":"purge"},"prototype":{"name":"purge"}}}'),
  JSON.parse('{"method":"ping","params":{"arguments":{"__proto__":{"name":"purge"}}}}'),
])('a body that is not a tool call (%j) needs no scopes', (body) => {
  expect(scopesOfToolCalls(body, toolScopes)).toBeUndefined()
})

describe('A-23 a call is refused if it is not clear which tool it calls:', () => {
  test.each<unknown>([
    { method: 'tools/call' },
    { method: 'tools/call', params: null },
    { method: 'tools/call', params: 'purge' },
    { method: 'tools/call', params: ['purge'] },
    call(undefined),
    call(7),
    call(['purge']),
    call({ toString: 'purge' }),
    JSON.parse('{"method":"tools/call","params":{"__proto__":{"name":"purge"}}}'),
    JSON.parse('{"method":"tools/call","params":{"name":"list","__proto__":{"name":"purge"}}}'),
    JSON.parse('{"method":"tools/call","__proto__":{"params":{"name":"purge"}}}'),
    JSON.parse('{"__proto__":{"method":"tools/call","params":{"name":"purge"}}}'),
    JSON.parse('{"method":"ping","params":{"__proto__":null}}'),
  ])('%j', (message) => {
    for (const body of [message, [call('list'), message]]) {
      expect(() => scopesOfToolCalls(body, toolScopes)).toThrow(
        expect.objectContaining({ name: 'OAuthError', code: 'invalid_request' }),
      )
    }
  })
})

describe('wrong options', () => {
  test.each<[string, unknown]>([
    ['"toolScopes" must be an object', null],
    ['"toolScopes" must be an object', 'add_note'],
    ['"toolScopes.add_note" must be a list of scopes', { add_note: 'notes:write' }],
    ['"toolScopes.add_note" must be a list of scopes', { add_note: ['notes:read notes:write'] }],
    ['"toolScopes.add_note" must be a list of scopes', { add_note: undefined }],
    ['"toolScopes.__proto__" must be a list of scopes', JSON.parse('{"__proto__":"admin"}')],
  ])('an invalid table throws: %s', (message, wrong) => {
    const check = () => checkedToolScopes(wrong as Record<string, string[]>)
    expect(check).toThrow(TypeError)
    expect(check).toThrow(message)
  })

  test('later changes of the table do not change the scopes', () => {
    const given = { add_note: ['notes:write'] }
    const checked = checkedToolScopes(given)
    given.add_note.length = 0
    expect(scopesOfToolCalls(call('add_note'), checked)).toEqual(['notes:write'])
    expect(checkedToolScopes(JSON.parse('{"__proto__":["admin"]}'))).not.toHaveProperty('admin')
  })
})
