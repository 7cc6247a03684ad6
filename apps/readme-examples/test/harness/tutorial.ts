import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { vi } from 'vitest'

const app = new URL('../../', import.meta.url)

/** The files of a tutorial as a reader typed them, on a free port. */
export interface Tutorial {
  /** The URL that stands for `http://localhost:3000`. */
  readonly origin: string
  /** The text of the page. */
  readonly page: string
  /** The files of the reader, which the page must show. */
  readonly files: readonly { readonly name: string; readonly text: string }[]
  /** Runs a file as `npx tsx` does and returns its output. */
  run(file: string): Promise<string[]>
  /** Saves a file that the reader changed under another name. */
  save(file: string, change: (text: string) => string, as: string): void
  /** Reads the file that the reader would pass with `--env-file`. */
  readEnv(): Readonly<Record<string, string>>
  /** The same text with the port of the page. */
  asOnPage(text: string): string
  close(): Promise<void>
}

export async function openTutorial(name: string): Promise<Tutorial> {
  const source = new URL(`src/tutorials/${name}/`, app)
  const files = readdirSync(source).map((file) => ({
    name: file,
    text: readFileSync(new URL(file, source), 'utf8'),
  }))
  const port = await freePort()
  const onPage = 'localhost:3000'
  const folder = mkdtempSync(fileURLToPath(new URL('.tutorial-', app)))
  for (const { name, text } of files) {
    const moved = text.replaceAll(onPage, `localhost:${port}`).replaceAll('listen(3000', `listen(${port}`)
    writeFileSync(`${folder}/${name}`, moved.replaceAll("'.env'", JSON.stringify(`${folder}/.env`)))
  }

  const servers: Server[] = []
  const { listen } = Server.prototype
  vi.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server, ...given: unknown[]) {
    servers.push(this)
    return Reflect.apply(listen, this, given)
  })
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})

  return {
    origin: `http://localhost:${port}`,
    page: readFileSync(new URL(`../../docs/tutorials/${name}.md`, app), 'utf8'),
    files,
    async run(file) {
      log.mockClear()
      await import(`${folder}/${file}`)
      // Servers report that they listen in the next turn.
      await setImmediate()
      return log.mock.calls.map(([first]) => (typeof first === 'string' ? first : JSON.stringify(first)))
    },
    save(file, change, as) {
      writeFileSync(`${folder}/${as}`, change(readFileSync(`${folder}/${file}`, 'utf8')))
    },
    readEnv: () => parseEnv(readFileSync(`${folder}/.env`, 'utf8')) as Record<string, string>,
    asOnPage: (text) => text.replaceAll(`localhost:${port}`, onPage),
    async close() {
      vi.restoreAllMocks()
      for (const server of servers) {
        server.closeAllConnections()
        server.close()
      }
      rmSync(folder, { recursive: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
