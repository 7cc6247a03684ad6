import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type ExampleServer, exampleNames, startExample } from '../src/example-server.js'
import { officialClients, Session } from './session.js'

describe.each(exampleNames)('%s', (name) => {
  let server: ExampleServer
  let session: Session
  beforeAll(async () => {
    server = await startExample(name)
  })
  afterAll(() => server?.stop())
  afterEach(() => session?.client.close())

  describe.each(Object.entries(officialClients))('with %s', (_, connectClient) => {
    test('A-01 B-01 F-02 D-07 the client discovers, registers, signs in with PKCE, lists the tools and calls one', async () => {
      session = new Session(server, connectClient)

      await session.expectSignInRequest(session.client.connect())
      expect(session.takeExchanges()).toEqual([
        expect.stringMatching(/^(initialize|server\/discover) 401$/),
        '/.well-known/oauth-protected-resource/mcp 200',
        '/.well-known/oauth-authorization-server 200',
        '/register 201',
      ])
      const asked = session.oauth.authorizationUrl.searchParams
      expect(asked.get('code_challenge_method')).toBe('S256')
      expect(asked.get('scope')).toBe('notes:read')
      expect(asked.get('resource')).toBe(`${server.publicUrl}/mcp`)

      await session.client.finishSignIn(await session.visit())
      await session.client.connect()
      expect((await session.client.listTools()).sort()).toEqual(['add_note', 'list_notes', 'whoami'])
      expect(await session.client.callTool('whoami')).toContain('You are demo')
    })

    test('A-23 A-24 C-18 the client steps up to every scope of the operation and stays signed in', async () => {
      session = new Session(server, connectClient)
      await session.connect()
      session.takeExchanges()

      await session.expectSignInRequest(session.client.callTool('add_note', { text: 'Buy milk' }))
      expect(session.exchanges.at(-1)?.challenge).toMatch(
        new RegExp(`resource_metadata="${server.publicUrl}/.well-known/oauth-protected-resource/mcp"`),
      )
      expect(session.takeExchanges()).toEqual(['tools/call add_note 403'])
      expect(session.oauth.authorizationUrl.searchParams.get('scope')).toBe('notes:read notes:write')
      session.user.visited.length = 0
      await session.client.finishSignIn(await session.visit())
      expect(session.user.visited).toEqual([
        { page: 'Allow Test client to use Example notes?', button: 'Allow' },
      ])

      await session.client.callTool('add_note', { text: 'Buy milk' })
      expect(await session.client.callTool('list_notes')).toContain('Buy milk')
    })

    test('A-07 D-51 the client refreshes without the user after its access token stops working', async () => {
      session = new Session(server, connectClient)
      await session.connect()
      const before = session.oauth.tokens()
      const { signIns } = session.oauth
      session.takeExchanges()

      session.oauth.spoilAccessToken()
      expect(await session.client.callTool('whoami')).toContain('You are demo')

      expect(session.takeExchanges()).toEqual([
        'tools/call whoami 401',
        'refresh_token 200',
        'tools/call whoami 200',
      ])
      expect(session.oauth.signIns).toBe(signIns)
      expect(session.oauth.tokens()?.refresh_token).not.toBe(before?.refresh_token)
    })

    test('C-13 C-14 C-32 the client learns that the user denied the request', async () => {
      session = new Session(server, connectClient)
      await session.expectSignInRequest(session.client.connect())

      const callback = await session.visit('deny')

      expect(Object.fromEntries(callback.searchParams)).toMatchObject({
        error: 'access_denied',
        iss: server.publicUrl,
        state: session.oauth.authorizationUrl.searchParams.get('state'),
      })
      expect(callback.searchParams.has('code')).toBe(false)
      await expect(session.client.finishSignIn(callback)).rejects.toThrow(/access_denied|denied/)
      expect(session.oauth.tokens()).toBeUndefined()
    })
  })

  test('A-33 the example keeps the notes of each user apart', async () => {
    session = new Session(server)
    await session.connect()
    await session.expectSignInRequest(session.client.callTool('add_note', { text: 'of demo' }))
    await session.client.finishSignIn(await session.visit())
    await session.client.callTool('add_note', { text: 'of demo' })

    const other = new Session(server)
    other.user.fillIn('user', 'somebody else')
    await other.connect()
    expect(await other.client.callTool('whoami')).toContain('You are somebody else')
    expect(await other.client.callTool('list_notes')).toBe('')
    await other.client.close()
  })
})
