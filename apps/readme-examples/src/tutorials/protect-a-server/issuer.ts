import { writeFileSync } from 'node:fs'
import { listenTestIssuer } from '@tollgate/auth-testing'

const issuer = await listenTestIssuer()
const alice = { subject: 'alice', scopes: ['notes:read'] }
const token = await issuer.mint({ ...alice, audience: 'http://localhost:3000/mcp' })
const other = await issuer.mint({ ...alice, audience: 'http://localhost:4000/mcp' })

writeFileSync('.env', `ISSUER=${issuer.issuer}\nTOKEN=${token}\nOTHER=${other}\n`)
console.log(`The issuer is ${issuer.issuer}. Its tokens are in .env`)
