import { McpServer, type ScopeChallengeHandler } from '@modelcontextprotocol/server'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { AccessToken } from '../../src/contract/access-token.js'
import { toSdkScopeChallenge } from '../../src/gate/sdk-scope-challenge.js'

const provider = { requiredScopes: ['notes:read'] }
const authInfo = (...scopes: string[]) => ({
  authInfo: new AccessToken({ token: 't', clientId: 'client-1', scopes }),
})

test('is what SDK v2 takes', () => {
  expectTypeOf<ReturnType<typeof toSdkScopeChallenge>>().toExtend<ScopeChallengeHandler>()
  expectTypeOf<ScopeChallengeHandler>().not.toBeAny()
  const server = new McpServer({ name: 'test', version: '0' })
  const scopeChallenge = toSdkScopeChallenge(provider, ['notes:write'])
  server.registerTool('add_note', { scopeChallenge }, () => ({ content: [] }))
})

test('A-23 A-24 a token that lacks a scope is asked for all of the operation', () => {
  const challenge = toSdkScopeChallenge(provider, ['notes:write', 'notes:read', 'admin'])
  const all = { scopes: ['notes:read', 'notes:write', 'admin'] }
  expect(challenge(authInfo('notes:read'))).toMatchObject(all)
  expect(challenge(authInfo('notes:write', 'admin'))).toMatchObject(all)
  expect(challenge(authInfo('admin', 'notes:write', 'notes:read'))).toBeUndefined()
})

test('A-25 a scope that includes another counts for it, and is not asked for', () => {
  const impliesScope = (granted: string) => granted === 'admin'
  const challenge = toSdkScopeChallenge({ ...provider, impliesScope }, ['notes:write'])
  expect(challenge(authInfo('admin'))).toBeUndefined()
  expect(challenge(authInfo('notes:read'))).toMatchObject({ scopes: ['notes:read', 'notes:write'] })
})

test('A-37 scopes are asked for as the authorization server spells them, without offline_access', () => {
  const getChallengeScopes = (required: readonly string[] = []) => required.map((scope) => `api://x/${scope}`)
  const spelled = toSdkScopeChallenge({ ...provider, getChallengeScopes }, ['notes:write'])
  expect(spelled(authInfo('notes:read'))).toMatchObject({
    scopes: ['api://x/notes:read', 'api://x/notes:write'],
  })
  const offline = toSdkScopeChallenge(provider, ['offline_access'])
  expect(offline(authInfo('notes:read'))).toMatchObject({ scopes: ['notes:read'] })
})

test('A-48 an anonymous call does not pass, whatever the tool needs', () => {
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
  ])('%s: a TypeError that names the option', (_, make) => {
    expect(make).toThrow(TypeError)
    expect(make).toThrow('"scopes"')
  })

  test('nobody can change the scopes later', () => {
    const scopes = ['notes:write']
    const challenge = toSdkScopeChallenge(provider, scopes)
    scopes.length = 0
    expect(challenge(authInfo('notes:read'))).toBeDefined()
  })
})
