import { JWTVerifier } from '@tollgate/auth-core'

const tenants = ['acme', 'globex']

export const verifier = new JWTVerifier({
  issuer: ({ tenant }) =>
    tenants.includes(String(tenant)) ? `https://login.example.com/${tenant}` : undefined,
  jwksUri: 'https://login.example.com/jwks.json',
  audience: 'https://api.example.com/mcp',
})
