import { connect, type Socket } from 'node:net'

const connections = 32

export interface Load {
  readonly requests: readonly string[]
  /** How often all requests are sent. */
  readonly repeat: number
  /** Text that every response body must contain. */
  readonly expect: string
}

/**
 * Sends requests over keep-alive connections, one after the other on each, and returns the bodies.
 *
 * @throws for a response that is not a 200 or not as expected: refusing would look fast.
 */
export async function send(port: number, { requests, repeat, expect }: Load): Promise<readonly string[]> {
  const total = requests.length * repeat
  const bodies: string[] = []
  let sent = 0

  function sendAll(socket: Socket): Promise<void> {
    return new Promise((resolve, reject) => {
      let answer = ''
      const sendNext = () => {
        if (sent < total) socket.write(requests[sent++ % requests.length] ?? '')
        else resolve()
      }
      socket.on('data', (chunk) => {
        answer += chunk.toString('latin1')
        if (answer.length < sizeOf(answer)) return
        if (!answer.startsWith('HTTP/1.1 200 ') || !answer.includes(expect)) {
          reject(new Error(`not the answer that is measured: ${answer}`))
        }
        bodies.push(answer.slice(answer.indexOf('\r\n\r\n') + 4))
        answer = ''
        sendNext()
      })
      socket.once('error', reject)
      socket.once('close', () => reject(new Error('the contender has closed the connection')))
      sendNext()
    })
  }

  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)))
  const stop = stayAwake()
  await Promise.all(sockets.map(sendAll))
  stop()
  for (const socket of sockets) socket.destroy()
  return bodies
}

/** Keeps this process awake: waking up takes long and would be charged to the contender. */
function stayAwake(): () => void {
  let isDone = false
  const again = () => {
    if (!isDone) setImmediate(again)
  }
  again()
  return () => {
    isDone = true
  }
}

function sizeOf(answer: string): number {
  const head = answer.indexOf('\r\n\r\n')
  const length = /\r\ncontent-length: (\d+)/i.exec(answer)?.[1]
  return head === -1 || length === undefined ? Number.POSITIVE_INFINITY : head + 4 + Number(length)
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket)).setNoDelay()
    socket.once('error', reject)
  })
}

export function getWith(token: string): string {
  return `GET /mcp HTTP/1.1\r\nHost: bench.example\r\nAuthorization: Bearer ${token}\r\n\r\n`
}

export function post(path: string, form: string): string {
  const type = 'Content-Type: application/x-www-form-urlencoded'
  return `POST ${path} HTTP/1.1\r\nHost: bench.example\r\n${type}\r\nContent-Length: ${form.length}\r\n\r\n${form}`
}
