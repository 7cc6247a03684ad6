// Runs the official conformance suite against each example: the authorization mode with a headless user instead of the
// browser, and the DNS rebinding scenario of the server mode. Run it as `pnpm conformance`.
//
// The suite checks little: it does not notice a server that ignores PKCE. A pass is necessary and proves nothing about
// security.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { exampleNames, freePort, startExample } from '../apps/demo/src/example-server.js'
import { HeadlessUser } from '../apps/demo/src/headless-user.js'

// An alpha version, so the version is exact. It needs Node 22, which npm installs.
const suitePackages = ['-p', 'node@22', '-p', '@modelcontextprotocol/conformance@0.2.0-alpha.12']

const expectedChecks = {
  authorization: [
    'authorization-server-metadata',
    'authorization-server-metadata-cimd',
    'authorization-code-grant',
  ],
  server: ['localhost-host-rebinding-rejected', 'localhost-host-valid-accepted'],
}

// Exiting takes the servers and the suite along.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

const output = mkdtempSync(join(tmpdir(), 'tollgate-conformance-'))
let failed = 0
try {
  const suite = await locateSuite()
  for (const name of exampleNames) {
    const server = await startExample(name)
    try {
      report(name, [
        ...(await checkAuthorization(suite, name, server)),
        ...(await checkServer(suite, name, server)),
      ])
    } finally {
      await server.stop()
    }
  }
} finally {
  rmSync(output, { recursive: true, force: true })
}
console.log(failed === 0 ? '\nAll examples conform.' : `\n${failed} checks failed.`)
process.exitCode = failed === 0 ? 0 : 1

/**
 * Lets npx install the suite and returns how to start it. A process that is started directly can be stopped by its ID.
 */
async function locateSuite() {
  const locate = 'node -p process.execPath && command -v conformance'
  const { stdout } = await promisify(execFile)('npx', ['--yes', ...suitePackages, '-c', locate])
  const [node, conformance] = stdout.trim().split('\n').slice(-2)
  return { node, conformance }
}

async function checkAuthorization(suite, name, { publicUrl, mcpUrl }) {
  const port = await freePort()
  const redirectUri = `http://127.0.0.1:${port}/callback`
  const client = await registerPublicClient(publicUrl, redirectUri)
  const folder = join(output, `${name}-authorization`)
  const options = { url: publicUrl, 'client-id': client, resource: mcpUrl.href, port }
  const settings = Object.entries(options).flatMap(([option, value]) => [`--${option}`, String(value)])
  const run = startSuite(suite, ['authorization', ...settings, '-o', folder])
  try {
    const authorizationUrl = await Promise.race([
      run.printed(/(https?:\/\/\S+\/authorize\?\S+)\s/),
      run.exited,
    ])
    if (authorizationUrl !== undefined) {
      // The suite waits five minutes for a callback, so an error page must end the run: visit() throws.
      const callback = await new HeadlessUser().visit(authorizationUrl, { redirectUri })
      await fetch(callback)
    }
    await run.exited
  } catch (error) {
    console.error(`${name}: ${error.message}`)
  } finally {
    run.stop()
  }
  return readChecks(folder, expectedChecks.authorization)
}

async function checkServer(suite, name, { publicUrl, mcpUrl }) {
  const folder = join(output, `${name}-server`)
  try {
    const proxy = await startTokenProxy(mcpUrl, await obtainToken(publicUrl))
    const url = `http://localhost:${proxy.address().port}${mcpUrl.pathname}`
    const scenario = ['--url', url, '--scenario', 'dns-rebinding-protection']
    await startSuite(suite, ['server', ...scenario, '-o', folder]).exited
    proxy.close()
  } catch (error) {
    console.error(`${name}: ${error.message}`)
  }
  return readChecks(folder, expectedChecks.server)
}

function startSuite({ node, conformance }, parameters) {
  const child = spawn(node, [conformance, ...parameters], { stdio: ['ignore', 'pipe', 'inherit'] })
  const stop = () => child.kill('SIGKILL')
  process.once('exit', stop)
  const exited = once(child, 'exit').then(() => process.off('exit', stop) && undefined)
  let text = ''
  const printed = (pattern) =>
    new Promise((resolve) => {
      child.stdout.on('data', () => {
        const match = pattern.exec(text)
        if (match !== null) resolve(match[1])
      })
    })
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  return { exited, printed, stop }
}

/** The suite cannot send a token. Everything else passes unchanged, including Host and Origin. */
async function startTokenProxy(target, token) {
  const proxy = createServer((incoming, outgoing) => {
    const { hostname, port } = target
    const headers = { ...incoming.headers, authorization: `Bearer ${token}` }
    const forwarded = request(
      { hostname, port, path: incoming.url, method: incoming.method, headers },
      (response) => {
        outgoing.writeHead(response.statusCode, response.headers)
        response.pipe(outgoing)
      },
    )
    forwarded.on('error', () => outgoing.writeHead(502).end())
    incoming.pipe(forwarded)
  })
  await once(proxy.listen(0, 'localhost'), 'listening')
  return proxy
}

/** The authorization code flow by hand, for a token that any user could get. */
async function obtainToken(issuer) {
  const redirectUri = 'http://127.0.0.1:8976/callback'
  const client = await registerPublicClient(issuer, redirectUri)
  const metadata = await authorizationServerMetadata(issuer)
  const verifier = crypto.randomUUID() + crypto.randomUUID()
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  const authorizationUrl = new URL(metadata.authorization_endpoint)
  authorizationUrl.search = new URLSearchParams({
    response_type: 'code',
    client_id: client,
    redirect_uri: redirectUri,
    code_challenge: Buffer.from(digest).toString('base64url'),
    code_challenge_method: 'S256',
  })
  const callback = await new HeadlessUser().visit(authorizationUrl, { redirectUri })
  const response = await fetch(metadata.token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: client,
      code: callback.searchParams.get('code'),
      code_verifier: verifier,
      redirect_uri: redirectUri,
    }),
  })
  if (!response.ok) throw new Error(`The token endpoint responded ${response.status}`)
  return (await response.json()).access_token
}

/** Public, because the suite drops the secret of a confidential client when the server also has public ones. */
async function registerPublicClient(issuer, redirectUri) {
  const { registration_endpoint: endpoint } = await authorizationServerMetadata(issuer)
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'Conformance suite',
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'none',
    }),
  })
  if (!response.ok) throw new Error(`The registration endpoint responded ${response.status}`)
  return (await response.json()).client_id
}

async function authorizationServerMetadata(issuer) {
  return (await fetch(new URL('/.well-known/oauth-authorization-server', issuer))).json()
}

/** A missing check is a failure: the suite's exit code ignores it. */
function readChecks(folder, expected) {
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true }) : []
  const checks = files
    .filter((file) => basename(file) === 'checks.json')
    .flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')))
  const missing = expected.filter((id) => !checks.some((check) => check.id === id))
  return [
    ...checks
      .filter(({ status }) => status !== 'INFO')
      .map(({ id, status, errorMessage }) => ({ id, status, errorMessage })),
    ...missing.map((id) => ({ id, status: 'MISSING' })),
  ]
}

function report(name, checks) {
  console.log(`\n${name}`)
  for (const { id, status, errorMessage } of checks) {
    // A warning marks a recommendation of the specification, which the examples follow, too.
    const passed = status === 'SUCCESS'
    if (!passed) failed += 1
    console.log(`  ${passed ? '✓' : '✗'} ${status.padEnd(8)} ${id}${errorMessage ? `: ${errorMessage}` : ''}`)
  }
}
