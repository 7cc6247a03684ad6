import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'

/** The time of this process: that of the system, and what its operator has added. */
export function operatorsClock() {
  let ahead = Number(process.env['SECONDS_AHEAD'] ?? 0)
  return Object.assign(() => Math.floor(Date.now() / 1000) + ahead, {
    advance(seconds: string) {
      ahead += Number(seconds)
    },
  })
}

/** Listens before there is an application: it has to know its origin. */
export async function listen(): Promise<{ server: Server; origin: string }> {
  const server = createServer().listen(Number(process.env['PORT'] ?? 0), '127.0.0.1')
  await once(server, 'listening')
  return { server, origin: `http://localhost:${(server.address() as AddressInfo).port}` }
}

/** Does what stdin says, a command and its argument a line, and prints `done` each time. Ends when stdin does. */
export function obeyOperator(commands: Readonly<Record<string, (argument: string) => void>>): void {
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => {
    const [command = '', argument = ''] = line.split(' ')
    commands[command]?.(argument)
    console.log('done')
  })
  lines.on('close', () => process.exit())
}
