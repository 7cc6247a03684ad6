import { listenTestIssuer } from '@tollgate/auth-testing'

const issuer = await listenTestIssuer()
const alice = { subject: 'alice', scopes: ['notes:read'] }

console.log(`ISSUER=${issuer.issuer}`)
console.log(`TOKEN=${await issuer.mint({ ...alice, audience: 'http://localhost:3000/mcp' })}`)
console.log(`OTHER=${await issuer.mint({ ...alice, audience: 'http://localhost:4000/mcp' })}`)
