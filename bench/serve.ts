/** Serves one contender in its own process: `serve.ts KIND/FRAMEWORK NAME SOURCE`. Prepares forms on request. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CreateContender, TokenSource } from './contender.js'

const [file = '', name = '', source = '{}'] = process.argv.slice(2)
const contenders = (await import(`./contenders/${file}.ts`)) as Record<string, CreateContender>
const create = contenders[name]
if (create === undefined) throw new Error(`${file} exports no contender ${name}`)

const { listener, prepare } = await create(JSON.parse(source) as TokenSource)
const server = createServer(listener)
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))

process.on('message', async (count: number) => {
  const forms = (await prepare?.(count)) ?? []
  // Garbage of the preparation must not be collected during the measurement.
  globalThis.gc?.({ type: 'minor' })
  process.send?.(forms)
})
process.on('disconnect', () => process.exit())
