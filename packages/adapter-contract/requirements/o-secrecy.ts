import type { Requirement } from './requirement.js'

export const secrecy: readonly Requirement[] = [
  {
    id: 'O-01',
    level: 'MUST',
    rule: 'No event, error or log line contains a part of a token, a code, a secret, a state or a cookie.',
  },
  {
    id: 'O-02',
    level: 'MUST',
    rule: 'Errors carry no secret, neither in their message nor in their cause.',
  },
  {
    id: 'O-03',
    level: 'MUST',
    rule: 'Events repeat nothing from a request but the refused value, such as a redirect URI. Their texts are short, printable, and otherwise come from the library or the application.',
    source: 'https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html',
  },
  {
    id: 'O-04',
    level: 'MUST',
    rule: 'The response to a failed authentication or grant is the same for every reason, which only the operator gets.',
  },
  {
    id: 'O-05',
    level: 'SHOULD',
    rule: 'Every fact about clients, consents, codes and tokens is reported once, each event with its request, its reason and its fix. Without a listener, outages and failures of the application are printed.',
  },
  {
    id: 'O-06',
    level: 'MUST',
    rule: 'Configured secrets are hidden when an object is printed, and short secrets are refused.',
    source: 'https://www.rfc-editor.org/rfc/rfc7518.html#section-3.2',
  },
  {
    id: 'O-07',
    level: 'MUST',
    rule: 'Tokens and events identify a user by the subject, and contain only what the application puts into claims.',
    source: 'https://www.rfc-editor.org/rfc/rfc9068.html#section-6',
  },
  {
    id: 'O-08',
    level: 'MUST',
    rule: 'Pages and redirects send no referrer, and load nothing from other sites.',
    source: 'https://www.rfc-editor.org/rfc/rfc9700.html#section-4.2.4',
  },
  {
    id: 'O-09',
    level: 'MUST',
    rule: 'No response reveals what failed inside, where, or what the server runs on.',
  },
  {
    id: 'O-10',
    level: 'MUST',
    rule: 'Secrets and values derived from them are compared in constant time.',
  },
  {
    id: 'O-11',
    level: 'MUST',
    rule: 'No URL that the library creates contains an access token.',
    source: 'https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-5.1',
  },
  {
    id: 'O-12',
    level: 'SHOULD',
    rule: 'A listener that fails changes no response.',
  },
]
