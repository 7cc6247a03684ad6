import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type ServerProcess, startProcess } from './server-process.js'

export const exampleNames = ['example-express', 'example-fastify', 'example-hono'] as const
export type ExampleName = (typeof exampleNames)[number]

export interface ExampleServer extends Pick<ServerProcess, 'output' | 'exitCode' | 'stop'> {
  readonly publicUrl: string
  readonly mcpUrl: URL
}

export interface StartOptions {
  /** Default: a free one. */
  readonly port?: number
  /** Default: `http://localhost:` and the port. */
  readonly publicUrl?: string
  readonly env?: Readonly<Record<string, string>>
  /** Whether to pass the server's stderr on. A failed start includes it in its error anyway. */
  readonly showErrors?: boolean
}

/** Starts an example in its own process and waits until it listens. */
export async function startExample(name: ExampleName, options: StartOptions = {}): Promise<ExampleServer> {
  const port = options.port ?? (await freePort())
  const publicUrl = options.publicUrl ?? `http://localhost:${port}`
  const server = startProcess({
    name,
    cwd: fileURLToPath(new URL(`../../${name}/`, import.meta.url)),
    file: 'src/server.ts',
    env: { PORT: String(port), PUBLIC_URL: publicUrl, ...options.env },
    showErrors: options.showErrors ?? false,
  })
  await server.nextLine()
  return {
    publicUrl,
    mcpUrl: new URL(`${publicUrl.replace(/\/$/, '')}/mcp`),
    exitCode: server.exitCode,
    get output() {
      return server.output
    },
    stop: server.stop,
  }
}

/** A port that was free when asked for. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('The system assigned no port')
  return address.port
}
