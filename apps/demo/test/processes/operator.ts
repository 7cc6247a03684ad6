import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'

/** The time of this process: the system's, plus what its operator added. */
export function operatorsClock() {
  let ahead = Number(process.env['SECONDS_AHEAD'] ?? 0)
  return Object.assign(() => Math.floor(Date.now() / 1000) + ahead, {
    advance(seconds: string) {
      ahead += Number(seconds)
    },
  })
}

/** Listens before the application exists, because that needs its origin. */
export async function listen(): Promise<{ server: Server; origin: string }> {
  const server = createServer().listen(Number(process.env['PORT'] ?? 0), '127.0.0.1')
  await once(server, 'listening')
  return { server, origin: `http://localhost:${(server.address() as AddressInfo).port}` }
}

/** Runs a command with an argument per line of stdin, prints `done` after each, and ends with stdin. */
export function obeyOperator(commands: Readonly<Record<string, (argument: string) => void>>): void {
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => {
    const [command = '', argument = ''] = line.split(' ')
    commands[command]?.(argument)
    console.log('done')
  })
  lines.on('close', () => process.exit())
}
