import fc from 'fast-check'

/** Printable ASCII with many of the characters that parsers treat specially. */
const uriText = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0x20, max: 0x7f }).map((code) => String.fromCharCode(code)),
    fc.constantFrom(
      '/',
      '\\',
      '@',
      ':',
      '?',
      '#',
      '%',
      '&',
      '=',
      '.',
      ';',
      '[',
      ']',
      '\t',
      '\u3002',
      '%2f',
      '%40',
    ),
  ),
  maxLength: 6,
})

/**
 * Possible redirect URIs. Many can be registered, and most have a part that parsers could read differently.
 */
export const anyRedirectUri: fc.Arbitrary<string> = fc.oneof(
  fc.webUrl({ withQueryParameters: true, withFragments: true, validSchemes: ['https', 'http'] }),
  fc
    .tuple(
      fc.constantFrom(
        'https://',
        'http://',
        'HTTPS://',
        'com.example.app:/',
        'com.example.app://',
        'https:',
        'http:/',
      ),
      fc.constantFrom(
        'client.example',
        'localhost',
        '127.0.0.1',
        '[::1]',
        'a;b.example',
        "a'b",
        'a,b',
        'a@b',
        '',
        '0x7f.1',
      ),
      fc.constantFrom(
        '',
        ':',
        ':0',
        ':443',
        ':7777',
        ':65536',
        '@evil.example',
        '%2eevil.example',
        '.',
        '\\@evil.example',
      ),
      fc.constantFrom(
        '',
        '/',
        '//',
        '/..',
        '/%2e%2e/',
        "/';--",
        '/a;b,c',
        '?',
        '?a',
        '?a=b&',
        '/?code',
        '/#',
      ),
      uriText,
    )
    .map((parts) => parts.join('')),
  uriText,
)
