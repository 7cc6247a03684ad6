import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RunningHost {
  readonly origin: string
  readonly close: () => Promise<void>
}

/** The origin exists before the application, because an issuer needs it. */
export async function listen(
  build: (origin: string) => RequestListener | Promise<RequestListener>,
): Promise<RunningHost> {
  let listener: RequestListener = () => {}
  // More than the default, so that an oversized token reaches the gate.
  const server = createServer({ maxHeaderSize: 64 * 1024 }, (request, response) =>
    listener(request, response),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`
  listener = await build(origin)
  return {
    origin,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
