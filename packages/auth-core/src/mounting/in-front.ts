import { mediaTypeOf } from '../http/media-type.js'
import type { Answer } from './probe.js'

/** Something between this machine and the application that responds in its place, or changes what passes. */
interface Intermediary {
  readonly isIt: (answer: Answer, url: string) => boolean
  readonly remedy: string
}

const header = (name: string) => (answer: Answer) => answer.headers.has(name)

function isOwnError({ headers, body }: Answer): boolean {
  return mediaTypeOf(headers.get('content-type')) === 'application/json' && body.includes('"error"')
}

/** In this order: the first that is recognized is told. */
const intermediaries: readonly Intermediary[] = [
  {
    isIt: ({ headers }) =>
      /[/.](?:cdn-cgi\/access|log-?in|sign-?in|sso)\b/i.test(headers.get('location') ?? ''),
    remedy:
      'Something in front asks for a sign-in of its own. Clients have a token instead: let this path pass without it.',
  },
  {
    isIt: header('location'),
    remedy: 'Clients may not follow: make "baseUrl" the URL under which the server itself answers.',
  },
  {
    isIt: ({ headers }) => headers.get('cf-mitigated') === 'challenge',
    remedy: 'A bot check in front asks for a browser, and clients have none: exempt this path from it.',
  },
  {
    isIt: header('ngrok-error-code'),
    remedy: 'The tunnel responds by itself: start it for the port of this application.',
  },
  {
    isIt: header('x-amzn-remapped-www-authenticate'),
    remedy:
      'The gateway in front renames WWW-Authenticate, so clients do not learn where to get a token: pass the header on ' +
      'as it is, for example with an HTTP API, a function URL or a load balancer.',
  },
  {
    isIt: ({ status, headers }) =>
      status === 401 && /^(?:basic|digest|negotiate|ntlm)\b/i.test(headers.get('www-authenticate') ?? ''),
    remedy:
      'Something in front asks for credentials of its own. Clients have a token instead: let this path pass without them.',
  },
  {
    isIt: (answer) => [502, 503, 504].includes(answer.status) && !isOwnError(answer),
    remedy:
      'A proxy responds in place of the application, which it does not reach: is the application running, and where the ' +
      'proxy looks for it?',
  },
  {
    isIt: (answer) => answer.status === 403 && /\bhost\b/i.test(answer.body) && answer.body.length < 1000,
    remedy: 'The application refuses the host of its own public URL: allow it where "Host" is checked.',
  },
  {
    isIt: (answer) => answer.status === 403 && !isOwnError(answer),
    remedy: 'Something in front refuses it, a firewall or an access proxy: let this path pass.',
  },
]

/** What to do where something in front of the application responds; `undefined` if nothing is recognized. */
export function inFront(url: string, answer: Answer): string | undefined {
  return intermediaries.find(({ isIt }) => isIt(answer, url))?.remedy
}
