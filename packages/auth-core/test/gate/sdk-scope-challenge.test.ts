import { McpServer, type ScopeChallengeHandler } from '@modelcontextprotocol/server'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { AccessToken } from '../../src/contract/access-token.js'
import { toSdkScopeChallenge } from '../../src/gate/sdk-scope-challenge.js'

const provider = { requiredScopes: ['notes:read'] }
const authInfo = (...scopes: string[]) => ({
  authInfo: new AccessToken({ token: 't', clientId: 'client-1', scopes }),
})

test('toSdkScopeChallenge has the type of SDK v2', () => {
  expectTypeOf<ReturnType<typeof toSdkScopeChallenge>>().toExtend<ScopeChallengeHandler>()
  expectTypeOf<ScopeChallengeHandler>().not.toBeAny()
  const server = new McpServer({ name: 'test', version: '0' })
  const scopeChallenge = toSdkScopeChallenge(provider, ['notes:write'])
  server.registerTool('add_note', { scopeChallenge }, () => ({ content: [] }))
})

test('A-23 A-24 a token that lacks a scope gets a challenge with all scopes of the operation', () => {
  const challenge = toSdkScopeChallenge(provider, ['notes:write', 'notes:read', 'admin'])
  const all = { scopes: ['notes:read', 'notes:write', 'admin'] }
  expect(challenge(authInfo('notes:read'))).toMatchObject(all)
  expect(challenge(authInfo('notes:write', 'admin'))).toMatchObject(all)
  expect(challenge(authInfo('admin', 'notes:write', 'notes:read'))).toBeUndefined()
})

test('A-25 an implied scope counts as held', () => {
  const impliesScope = (granted: string) => granted === 'admin'
  const challenge = toSdkScopeChallenge({ ...provider, impliesScope }, ['notes:write'])
  expect(challenge(authInfo('admin'))).toBeUndefined()
  expect(challenge(authInfo('notes:read'))).toMatchObject({ scopes: ['notes:read', 'notes:write'] })
})

test('A-37 challenges spell scopes as the authorization server does, without offline_access', () => {
  const getChallengeScopes = (required: readonly string[] = []) => required.map((scope) => `api://x/${scope}`)
  const spelled = toSdkScopeChallenge({ ...provider, getChallengeScopes }, ['notes:write'])
  expect(spelled(authInfo('notes:read'))).toMatchObject({
    scopes: ['api://x/notes:read', 'api://x/notes:write'],
  })
  const offline = toSdkScopeChallenge(provider, ['offline_access'])
  expect(offline(authInfo('notes:read'))).toMatchObject({ scopes: ['notes:read'] })
})

test('A-48 an anonymous call gets a challenge for every tool', () => {
  expect(toSdkScopeChallenge(provider, ['notes:write'])({})).toMatchObject({
    scopes: ['notes:read', 'notes:write'],
  })
  expect(toSdkScopeChallenge(provider, [])({ authInfo: undefined })).toMatchObject({ scopes: ['notes:read'] })
})

describe('wrong options', () => {
  const toolScopes: Record<string, string[]> = { add_note: ['notes:write'] }

  test.each([
    ['a tool that is not named', () => toSdkScopeChallenge(provider, toolScopes['addNote'] as string[])],
    ['what is no list', () => toSdkScopeChallenge(provider, 'notes:write' as unknown as string[])],
    ['what is no scope', () => toSdkScopeChallenge(provider, ['a b'])],
    ['no scope at all', () => toSdkScopeChallenge({ requiredScopes: [] }, [])],
    ['nothing that can be asked for', () => toSdkScopeChallenge({ requiredScopes: [] }, ['offline_access'])],
  ])('toSdkScopeChallenge refuses %s and names the option', (_, make) => {
    expect(make).toThrow(TypeError)
    expect(make).toThrow('"scopes"')
  })

  test('later changes of the list do not change the challenge', () => {
    const scopes = ['notes:write']
    const challenge = toSdkScopeChallenge(provider, scopes)
    scopes.length = 0
    expect(challenge(authInfo('notes:read'))).toBeDefined()
  })
})
