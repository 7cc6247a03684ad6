import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface ServerProcess {
  /** Everything that the server printed on stdout. */
  readonly output: string
  /** The exit code of the stopped server, or `null` if it was killed. */
  readonly exitCode: Promise<number | null>
  /** Waits for the next line of the server's stdout. */
  nextLine(): Promise<string>
  /** Writes a line to its stdin. */
  write(line: string): void
  /** Stops the server as a process supervisor does, and returns its exit code, or `null` if it had to be killed. */
  stop(signal?: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<number | null>
}

export interface ServerProcessOptions {
  /** The server's name in errors. */
  readonly name: string
  readonly cwd: string
  /** A TypeScript file below `cwd`. */
  readonly file: string
  readonly env?: Readonly<Record<string, string>>
  /** Whether to pass the server's stderr on. A failure includes it in its error anyway. */
  readonly showErrors?: boolean
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts a server in its own process. The process is killed at the latest when this one exits. */
export function startProcess(options: ServerProcessOptions): ServerProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', options.file], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: 'pipe',
  })
  running.add(child)
  const exitCode = once(child, 'exit').then(([code]: (number | null)[]) => {
    running.delete(child)
    return code ?? null
  })

  let output = ''
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
    if (options.showErrors === true) process.stderr.write(text)
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()

  return {
    exitCode,
    get output() {
      return output
    },
    async nextLine() {
      const tooSlow = setTimeout(() => child.kill('SIGKILL'), 30_000)
      const line = await lines.next().finally(() => clearTimeout(tooSlow))
      if (line.done !== true) return line.value
      throw new Error(`${options.name} stopped with exit code ${await exitCode}:\n${errors}`)
    },
    write(line) {
      child.stdin.write(`${line}\n`)
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      const tooSlow = setTimeout(() => child.kill('SIGKILL'), 5000)
      return exitCode.finally(() => clearTimeout(tooSlow))
    },
  }
}
