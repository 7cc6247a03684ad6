import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import type { TokenSource } from './contender.js'

/** A contender that listens in its own process and, where possible, on its own core. */
export class ContenderProcess {
  readonly port: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  /** @param contender The file below `contenders` and the name of its export: `gate/express noOp`. */
  static async start(contender: string, source: TokenSource): Promise<ContenderProcess> {
    const serve = new URL('./serve.ts', import.meta.url).pathname
    const node = [process.execPath, '--expose-gc', '--import', 'tsx', serve]
    const [command = '', ...args] = [...pinnedTo(0), ...node, ...contender.split(' '), JSON.stringify(source)]
    const child = spawn(command, args, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, NODE_ENV: 'production' },
    })
    child.once('exit', (code) => {
      // It stopped by itself, so every later measurement would be invalid.
      if (code !== null) throw new Error(`${contender} stopped with exit code ${code}`)
    })
    return new ContenderProcess(child, await answerOf<number>(child))
  }

  /** Forms that redeem unused authorization codes. */
  async prepare(count: number): Promise<readonly string[]> {
    this.#child.send(count)
    return answerOf<string[]>(this.#child)
  }

  /** Processor time of its threads in microseconds, or `undefined` where the system does not report it. */
  cpuTime(): number | undefined {
    if (process.platform !== 'linux') return undefined
    const tasks = `/proc/${this.#child.pid}/task`
    const nanoseconds = readdirSync(tasks).map((task) =>
      Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ', 1)[0]),
    )
    return nanoseconds.reduce((sum, one) => sum + one, 0) / 1000
  }

  stop(): void {
    this.#child.kill()
  }
}

async function answerOf<T>(child: ChildProcess): Promise<T> {
  return (await once(child, 'message'))[0] as T
}

/** The load comes from another core than that of the contenders. */
export function pinThisProcess(): void {
  if (process.platform === 'linux') spawn('taskset', ['-cp', '1', String(process.pid)], { stdio: 'ignore' })
}

function pinnedTo(core: number): string[] {
  return process.platform === 'linux' ? ['taskset', '-c', String(core)] : []
}
