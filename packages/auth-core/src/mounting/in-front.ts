import { mediaTypeOf } from '../http/media-type.js'
import type { ProbeResponse } from './probe-response.js'

/** Infrastructure in front of the application that responds in its place, or changes what passes. */
interface Intermediary {
  readonly matches: (response: ProbeResponse) => boolean
  readonly remedy: string
}

const hasHeader = (name: string) => (response: ProbeResponse) => response.headers.has(name)

function isApplicationError({ headers, body }: ProbeResponse): boolean {
  return mediaTypeOf(headers.get('content-type')) === 'application/json' && body.includes('"error"')
}

/** The first match counts. */
const intermediaries: readonly Intermediary[] = [
  {
    matches: ({ headers }) =>
      /[/.](?:cdn-cgi\/access|log-?in|sign-?in|sso)\b/i.test(headers.get('location') ?? ''),
    remedy:
      'Something in front asks for a sign-in of its own. Clients send a token instead: let this path pass without it.',
  },
  {
    matches: hasHeader('location'),
    remedy: 'Clients may not follow redirects. Make "baseUrl" the URL at which the server itself responds.',
  },
  {
    matches: ({ headers }) => headers.get('cf-mitigated') === 'challenge',
    remedy: 'A bot check in front needs a browser. Clients are not browsers: exempt this path from it.',
  },
  {
    matches: hasHeader('ngrok-error-code'),
    remedy: 'The tunnel responds by itself. Start it for the port of this application.',
  },
  {
    matches: hasHeader('x-amzn-remapped-www-authenticate'),
    remedy:
      'The gateway in front renames WWW-Authenticate, so clients cannot find out where to get a token. Pass the header on ' +
      'unchanged, for example with an HTTP API, a function URL or a load balancer.',
  },
  {
    matches: ({ status, headers }) =>
      status === 401 && /^(?:basic|digest|negotiate|ntlm)\b/i.test(headers.get('www-authenticate') ?? ''),
    remedy:
      'Something in front asks for credentials of its own. Clients send a token instead: let this path pass without them.',
  },
  {
    matches: (response) => [502, 503, 504].includes(response.status) && !isApplicationError(response),
    remedy:
      'A proxy responds because it cannot reach the application. Is the application running, at the address that the ' +
      'proxy uses?',
  },
  {
    matches: ({ status, body }) => status === 403 && /\bhost\b/i.test(body) && body.length < 1000,
    remedy: 'The application refuses the host of its own public URL. Allow it where "Host" is checked.',
  },
  {
    matches: (response) => response.status === 403 && !isApplicationError(response),
    remedy: 'A firewall or an access proxy in front refuses the request. Let this path pass.',
  },
]

/** What to do about infrastructure in front of the application; `undefined` if none is recognized. */
export function intermediaryRemedy(response: ProbeResponse): string | undefined {
  return intermediaries.find(({ matches }) => matches(response))?.remedy
}
