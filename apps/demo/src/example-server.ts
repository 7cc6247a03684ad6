import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

export const exampleNames = ['example-express', 'example-fastify', 'example-hono'] as const
export type ExampleName = (typeof exampleNames)[number]

export interface ExampleServer {
  readonly publicUrl: string
  readonly mcpUrl: URL
  /** Everything that the server has printed on stdout. */
  readonly output: string
  /** Its exit code, when it has stopped; `null` if it was killed. */
  readonly exitCode: Promise<number | null>
  /** Asks the server to stop, as a process supervisor does, and answers its exit code; `null` if it had to be killed. */
  stop(signal?: 'SIGTERM' | 'SIGINT'): Promise<number | null>
}

export interface StartOptions {
  /** Default: a free one. */
  readonly port?: number
  /** Default: `http://localhost:` and the port. */
  readonly publicUrl?: string
  readonly env?: Readonly<Record<string, string>>
  /** Whether to pass on what the server prints on stderr. It is part of the error anyway if the start fails. */
  readonly showErrors?: boolean
}

const running = new Set<() => void>()
process.once('exit', () => {
  for (const kill of running) kill()
})

/** Starts an example as its own process, as a user would, and waits until it says that it listens. */
export async function startExample(name: ExampleName, options: StartOptions = {}): Promise<ExampleServer> {
  const port = options.port ?? (await freePort())
  const publicUrl = options.publicUrl ?? `http://localhost:${port}`
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/server.ts'], {
    cwd: fileURLToPath(new URL(`../../${name}/`, import.meta.url)),
    env: { ...process.env, PORT: String(port), PUBLIC_URL: publicUrl, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const kill = () => child.kill('SIGKILL')
  running.add(kill)
  const exitCode = once(child, 'exit').then(([code]: (number | null)[]) => {
    running.delete(kill)
    return code ?? null
  })

  let output = ''
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
    if (options.showErrors === true) process.stderr.write(text)
  })
  const listening = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (output.includes('\n')) resolve()
    })
  })
  const stoppedEarly = exitCode.then((code) => {
    throw new Error(`${name} stopped with exit code ${code} before it listened:\n${errors}`)
  })
  // Only the start is interested in an early exit; later, exiting is what `stop` waits for.
  stoppedEarly.catch(() => {})
  const tooSlow = setTimeout(kill, 30_000)
  await Promise.race([listening, stoppedEarly]).finally(() => clearTimeout(tooSlow))

  return {
    publicUrl,
    mcpUrl: new URL(`${publicUrl.replace(/\/$/, '')}/mcp`),
    exitCode,
    get output() {
      return output
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      const timeout = setTimeout(kill, 5000)
      return exitCode.finally(() => clearTimeout(timeout))
    },
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('The system gave no port')
  return address.port
}
