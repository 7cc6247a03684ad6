import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openTutorial, type Tutorial } from './harness/tutorial.js'
import { TutorialClient } from './harness/tutorial-client.js'

let tutorial: Tutorial

function showsAllFiles(): void {
  for (const { text } of tutorial.files) expect(tutorial.page).toContain(`\`\`\`ts\n${text}\`\`\``)
}

describe('the tutorial "Protect a server"', () => {
  beforeAll(async () => {
    tutorial = await openTutorial('protect-a-server')
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await tutorial.close()
  })

  test('protect-a-server.md shows every file whole', showsAllFiles)

  test('issuer.ts of the tutorial writes the environment of the other files', async () => {
    await tutorial.run('issuer.ts')
    const environment = tutorial.readEnv()
    expect(Object.keys(environment).sort()).toEqual(['ISSUER', 'OTHER', 'TOKEN'])
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  })

  test('A-01 the server of the tutorial responds as the page says', async () => {
    expect((await tutorial.run('server.ts')).map(tutorial.asOnPage)).toEqual([
      'MCP server: http://localhost:3000/mcp',
    ])
    const refusal = await fetch(`${tutorial.origin}/mcp`, { method: 'POST' })
    expect(refusal.status).toBe(401)
    const challenge = tutorial.asOnPage(refusal.headers.get('www-authenticate') ?? '')
    expect(tutorial.page).toContain(`HTTP/1.1 401 Unauthorized\nwww-authenticate: ${challenge}\n`)

    const metadata = await fetch(`${tutorial.origin}/.well-known/oauth-protected-resource/mcp`)
    const document = tutorial.asOnPage(await metadata.text())
    expect(tutorial.page).toContain(document.replace(process.env['ISSUER'] ?? '', 'http://127.0.0.1:40001'))
  })

  test('A-01 the client of the tutorial calls a tool', async () => {
    const [printed] = await tutorial.run('client.ts')
    expect(printed).toContain('"text":"You are alice"')
    expect(tutorial.page).toContain("[ { type: 'text', text: 'You are alice' } ]")
  })

  test('A-08 the server of the tutorial refuses a token for another server', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    tutorial.save('client.ts', (text) => text.replace("'TOKEN'", "'OTHER'"), 'client-of-other.ts')
    await expect(tutorial.run('client-of-other.ts')).rejects.toThrow(UnauthorizedError)
    expect(warn.mock.calls.join()).toContain('token.rejected reason=audience')
  })
})

describe('the tutorial "Issue your own tokens"', () => {
  const alice = { user: 'alice', password: 'correct horse battery staple', decision: 'allow' }
  const oauth = new TutorialClient()
  const client = new Client({ name: 'tutorial', version: '1.0.0' })
  const connect = () => {
    const url = new URL(`${tutorial.origin}/mcp`)
    return new StreamableHTTPClientTransport(url, { authProvider: oauth })
  }

  beforeAll(async () => {
    tutorial = await openTutorial('issue-your-own-tokens')
  })
  afterAll(async () => {
    await client.close()
    await tutorial.close()
  })

  test('issue-your-own-tokens.md shows every file whole', showsAllFiles)

  test('the server of the tutorial sends a client to the sign-in', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    expect((await tutorial.run('server.ts')).map(tutorial.asOnPage)).toEqual([
      'MCP server: http://localhost:3000/mcp',
    ])
    expect(warn.mock.calls.join()).toContain('[tollgate] registration.open')
    expect(tutorial.page).toContain('`registration.open`')
    await expect(client.connect(connect())).rejects.toThrow(UnauthorizedError)
  })

  test('the tutorial connects the client after the user has signed in and allowed it', async () => {
    await connect().finishAuth(await oauth.visit(alice))
    expect(oauth.pagesSeen.map((page) => /<title>(.+)<\/title>/.exec(page)?.[1])).toEqual([
      'Sign in',
      'Allow Tutorial client to use Notes?',
    ])
    await client.connect(connect())
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(['list_notes', 'add_note'])
  })

  test('the tutorial asks the user again for a tool that requires another scope', async () => {
    const milk = { name: 'add_note', arguments: { note: 'Buy milk' } }
    await expect(client.callTool(milk)).rejects.toThrow(UnauthorizedError)
    await connect().finishAuth(await oauth.visit(alice))
    // The browser is still signed in, so only the consent page appears.
    expect(oauth.pagesSeen).toHaveLength(3)
    expect(oauth.pagesSeen[2]).toContain('<li>add notes</li>')
    await client.callTool(milk)
    const { content } = await client.callTool({ name: 'list_notes' })
    expect(content).toEqual([{ type: 'text', text: 'Buy milk' }])
  })
})
