import { connect, type Socket } from 'node:net'

const connections = 32

/**
 * Sends one request over and over on keep-alive connections, and answers how many answers came in a second. Answers
 * are counted by their size, which is the same for all: parsing them would cost more than some of the servers.
 */
export async function requestsPerSecond(port: number, token: string, seconds: number): Promise<number> {
  const request = `GET /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`
  const size = await answerSize(port, request)
  let bytes = 0
  let running = true
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)))
  const began = performance.now()
  for (const socket of sockets) {
    let pending = size
    socket.on('data', (chunk) => {
      bytes += chunk.length
      pending -= chunk.length
      if (pending > 0) return
      pending = size
      if (running) socket.write(request)
    })
    socket.write(request)
  }
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  running = false
  const took = (performance.now() - began) / 1000
  for (const socket of sockets) socket.destroy()
  return bytes / size / took
}

/** The size of one answer, which must be a 200: a gate that refuses would look fast. */
async function answerSize(port: number, request: string): Promise<number> {
  const socket = await open(port)
  const answer = await new Promise<string>((resolve) => {
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      const [head, body] = text.split('\r\n\r\n')
      const length = Number(/content-length: (\d+)/i.exec(head ?? '')?.[1] ?? Number.NaN)
      if (body?.length === length) resolve(text)
    })
    socket.write(request)
  })
  socket.destroy()
  if (!answer.startsWith('HTTP/1.1 200')) throw new Error(`not a 200: ${answer.split('\r\n')[0]}`)
  return answer.length
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket)).setNoDelay()
    socket.once('error', reject)
  })
}
