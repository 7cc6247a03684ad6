import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import * as https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { OAuthProvider } from '../src/authorization-server/oauth-provider.js'
import type { AuthEvent } from '../src/events/auth-event.js'
import { dispatch } from '../src/http/route.js'
import { fetchPublic, whyNoFetchPublic } from '../src/outbound/fetch-public.node.js'
import { memoryStore } from '../src/store/memory-store.js'

// Deno has no `node:https` request without permissions that nothing else here needs, and older ones have none that goes
// to a chosen address. Both are found out when a provider is made.

vi.mock('node:https', async (original) => {
  const module = await original<typeof https>()
  return { ...module, request: vi.fn(module.request) }
})

const documentUrl = 'https://client.example/client.json'
const refusal = Object.assign(new Error('Requires sys access to "ca", run again with the --allow-sys flag'), {
  name: 'NotCapable',
})

function onDeno(request: () => never): void {
  vi.stubGlobal('Deno', { version: { deno: '2.9.6' } })
  vi.mocked(https.request).mockImplementation(request)
}
function onDenoWithoutPermission(): void {
  onDeno(() => {
    throw refusal
  })
}
afterEach(() => {
  vi.unstubAllGlobals()
  vi.mocked(https.request).mockReset()
})

type Documents = ConstructorParameters<typeof OAuthProvider>[0]['clientIdMetadataDocuments']

function providerWith(clientIdMetadataDocuments?: Documents, ssrfSafeFetch?: typeof fetchPublic) {
  const events: AuthEvent[] = []
  const provider = new OAuthProvider({
    baseUrl: 'https://notes.example.com',
    store: memoryStore(),
    signIn: () => ({ subject: 'alice' }),
    onEvent: (event) => events.push(event),
    clientIdMetadataDocuments,
    ssrfSafeFetch,
  })
  const routes = provider.getRoutes('/mcp')
  const open = async (path: string) =>
    (await dispatch(routes, new Request(new URL(path, 'https://notes.example.com')))) as Response
  const metadata = async () =>
    (await (await open('/.well-known/oauth-authorization-server')).json()) as Record<string, unknown>
  return { events, open, metadata }
}

describe('on Deno without the permissions', () => {
  test('G-26 client documents are off, metadata does not offer them, and an event says why', async () => {
    onDenoWithoutPermission()
    const { events, open, metadata } = providerWith()
    expect(events).toEqual([
      {
        type: 'documents.off',
        cause: refusal,
        hint: expect.stringContaining('On Deno, allow what "cause" names'),
      },
    ])
    expect(await metadata()).not.toHaveProperty('client_id_metadata_document_supported')
    const page = await open(`/authorize?client_id=${encodeURIComponent(documentUrl)}`)
    expect(page.status).toBe(400)
    expect(await page.text()).toContain('recognize the application')
    expect(events.map(({ type }) => type)).not.toContain('document.failed')
  })

  test('G-26 configured client documents throw at once', () => {
    onDenoWithoutPermission()
    expect(() => providerWith({})).toThrow(
      new TypeError(
        'OAuthProvider: "clientIdMetadataDocuments" must be used with "ssrfSafeFetch" on this runtime: NotCapable: Requires sys access to "ca", run again with the --allow-sys flag.',
      ),
    )
  })

  test('G-26 B-09 switching them off emits no event, and a custom fetch switches them on', async () => {
    onDenoWithoutPermission()
    expect(providerWith(false).events).toEqual([])
    const { events, metadata } = providerWith({}, async () => new Response())
    expect(events).toEqual([])
    expect(await metadata()).toHaveProperty('client_id_metadata_document_supported', true)
  })
})

test('G-26 M-12 client documents are off if Deno cannot connect to a chosen address', async () => {
  onDeno(() => {
    throw new Error('Not implemented: ClientRequest.options.lookup')
  })
  const { events, metadata } = providerWith()
  expect(events).toMatchObject([{ type: 'documents.off', cause: { message: /lookup/ } }])
  expect(await metadata()).not.toHaveProperty('client_id_metadata_document_supported')
})

test('G-26 B-09 client documents are on if Deno has the permissions', async () => {
  vi.stubGlobal('Deno', {})
  const { request } = await vi.importActual<typeof https>('node:https')
  vi.mocked(https.request).mockImplementation(request)
  const { events, metadata } = providerWith()
  expect(https.request).toHaveBeenCalledOnce()
  expect(events).toEqual([])
  expect(await metadata()).toHaveProperty('client_id_metadata_document_supported', true)
})

test('G-26 other runtimes are not probed', () => {
  expect(fetchPublic).toBeDefined()
  expect(whyNoFetchPublic()).toBeUndefined()
  expect(https.request).not.toHaveBeenCalled()
})

const deno = [process.env['DENO'], 'deno'].find(
  (one) => one !== undefined && spawnSync(one, ['--version']).status === 0,
)
if (deno === undefined) {
  console.info('The tests with a real Deno are left out: there is none. Put "deno" on the PATH, or set DENO.')
}

describe.skipIf(deno === undefined)('with a real Deno', () => {
  const folder = mkdtempSync(join(tmpdir(), 'deno-'))
  const root = fileURLToPath(new URL('..', import.meta.url))
  beforeAll(async () => {
    await build({
      absWorkingDir: root,
      entryPoints: ['src/index.ts'],
      bundle: true,
      outfile: join(folder, 'core.mjs'),
      format: 'esm',
      platform: 'node',
      alias: { '#fetch-public': `${root}src/outbound/fetch-public.node.ts` },
      logLevel: 'silent',
    })
    writeFileSync(
      join(folder, 'server.mjs'),
      `import { dispatch, memoryStore, OAuthProvider } from './core.mjs'
      const events = []
      const provider = new OAuthProvider({
        baseUrl: 'https://notes.example.com',
        store: memoryStore(),
        signIn: () => ({ subject: 'alice' }),
        onEvent: (event) => events.push(event),
      })
      const routes = provider.getRoutes('/mcp')
      const url = 'https://notes.example.com/.well-known/oauth-authorization-server'
      const metadata = await (await dispatch(routes, new Request(url))).json()
      console.log(JSON.stringify({ events, isOffered: metadata.client_id_metadata_document_supported === true }))`,
    )
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  function run(permissions: readonly string[]): {
    readonly events: AuthEvent[]
    readonly isOffered: boolean
  } {
    const command = ['run', '--no-prompt', ...permissions, join(folder, 'server.mjs')]
    const { stdout, stderr } = spawnSync(deno ?? '', command, { encoding: 'utf8' })
    expect(stderr).toBe('')
    return JSON.parse(stdout) as ReturnType<typeof run>
  }

  test('G-26 client documents are off without --allow-sys, which the event names', () => {
    const { events, isOffered } = run(['--allow-net'])
    expect(isOffered).toBe(false)
    expect(events).toMatchObject([
      { type: 'documents.off', cause: { message: expect.stringContaining('--allow-sys') } },
    ])
  })

  test('G-26 client documents are on with --allow-sys', () => {
    expect(run(['--allow-net', '--allow-sys', '--allow-env'])).toEqual({ events: [], isOffered: true })
  })
})
