import { listenTestIssuer } from '@tollgate/auth-testing'
import { expect, test } from 'vitest'
import { TenantVerifier } from '../src/tenant-verifier.js'

test('a verifier with a custom option accepts only tokens of its tenant', async () => {
  const issuer = await listenTestIssuer()
  try {
    const audience = 'https://api.example.com/mcp'
    const verifier = new TenantVerifier({ issuer: issuer.issuer, audience, tenant: 'acme' })
    const verify = async (tenant: string) =>
      verifier.verifyToken(await issuer.mint({ audience, claims: { tenant } }))
    expect(await verify('acme')).toMatchObject({ claims: { tenant: 'acme' } })
    expect(await verify('another')).toBeNull()
  } finally {
    await issuer.close()
  }
})
