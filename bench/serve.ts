/** Serves one contender, in a process of its own: `serve.ts FRAMEWORK NAME JWKS_URI JWK`. */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JWK } from 'jose'

type Contender = (jwksUri: string, jwk: JWK) => RequestListener | Promise<RequestListener>

const [framework = '', name = '', jwksUri = '', jwk = '{}'] = process.argv.slice(2)
const contenders = (await import(`./contenders/${framework}.ts`)) as Record<string, Contender>
const contender = contenders[name]
if (contender === undefined) throw new Error(`no contender ${framework}/${name}`)

const server = createServer(await contender(jwksUri, JSON.parse(jwk) as JWK))
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
