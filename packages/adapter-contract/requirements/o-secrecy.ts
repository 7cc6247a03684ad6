import type { Requirement } from './requirement.js'

export const secrecy: readonly Requirement[] = [
  {
    id: 'O-01',
    level: 'MUST',
    rule: 'No event, no error and no line of a log has a part of a token, a code, a secret, a state or a cookie.',
  },
  {
    id: 'O-02',
    level: 'MUST',
    rule: 'Errors carry no secret, neither in their message nor in their cause.',
  },
  {
    id: 'O-03',
    level: 'MUST',
    rule: 'Events repeat nothing that a request says but what a client is refused, such as a redirect URI: their texts are short, printable, and otherwise words of the library or of the application.',
    source: 'https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html',
  },
  {
    id: 'O-04',
    level: 'MUST',
    rule: 'The answer to a failed authentication or grant is the same for every reason, which is for the operator alone.',
  },
  {
    id: 'O-05',
    level: 'SHOULD',
    rule: 'Whatever happens to clients, consents, codes and tokens is told to the operator once, each event with its request, its reason and what mends it; outages and failures of the application are printed if nobody listens.',
  },
  {
    id: 'O-06',
    level: 'MUST',
    rule: 'Secrets of the configuration do not show when an object is printed, and short ones are refused.',
    source: 'https://www.rfc-editor.org/rfc/rfc7518.html#section-3.2',
  },
  {
    id: 'O-07',
    level: 'MUST',
    rule: 'Of a user, tokens and events have the subject, and no more than what the application put into claims.',
    source: 'https://www.rfc-editor.org/rfc/rfc9068.html#section-6',
  },
  {
    id: 'O-08',
    level: 'MUST',
    rule: 'Pages and redirects tell nobody where they came from, and load nothing of others.',
    source: 'https://www.rfc-editor.org/rfc/rfc9700.html#section-4.2.4',
  },
  {
    id: 'O-09',
    level: 'MUST',
    rule: 'No answer says what failed inside, where, or what the server is made of.',
  },
  {
    id: 'O-10',
    level: 'MUST',
    rule: 'Secrets, and what is made of them, are compared in a time that says nothing about them.',
  },
  {
    id: 'O-11',
    level: 'MUST',
    rule: 'No URL that the library makes contains an access token.',
    source: 'https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-5.1',
  },
  {
    id: 'O-12',
    level: 'SHOULD',
    rule: 'A listener that fails changes no answer.',
  },
]
