import type { Requirement } from './requirement.js'

export const boundTokens: readonly Requirement[] = [
  {
    id: 'J-11',
    level: 'MUST',
    rule: 'A token that is bound to a key is refused as a bearer token, by any binding method.',
    source: 'https://www.rfc-editor.org/rfc/rfc9449.html#section-7.2',
  },
]
