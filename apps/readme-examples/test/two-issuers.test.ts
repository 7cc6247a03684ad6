import { dispatch, requireBearerAuth } from '@tollgate/auth-core'
import { expect, test } from 'vitest'
import { auth } from '../src/two-issuers.js'

test('two-issuers names both issuers in the metadata, and refuses a token of neither', async () => {
  const metadataUrl = 'https://api.example.com/.well-known/oauth-protected-resource/mcp'
  const response = await dispatch(auth.getRoutes('/mcp'), new Request(metadataUrl))
  expect(await response?.json()).toMatchObject({
    resource: 'https://api.example.com/mcp',
    authorization_servers: ['https://login.example.com', 'https://partners.example.com'],
  })

  const authenticate = requireBearerAuth(auth)
  const headers = { authorization: `Bearer ${unsigned({ iss: 'https://other.example.com' })}` }
  const refusal = await authenticate(new Request('https://api.example.com/mcp', { method: 'POST', headers }))
  expect((refusal as Response).status).toBe(401)
})

function unsigned(claims: object): string {
  const parts = [{ alg: 'ES256', typ: 'at+jwt', kid: 'k' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  )
  return `${parts.join('.')}.${'A'.repeat(86)}`
}
