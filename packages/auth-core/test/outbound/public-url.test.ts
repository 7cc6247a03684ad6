import { expect, test } from 'vitest'
import { publicUrlProblem } from '../../src/outbound/public-url.js'

test.each([
  'https://client.example/metadata.json',
  'https://client.example:443/metadata.json',
  'https://CLIENT.example/metadata.json?version=1',
  'https://münchen.example/',
  'https://1.1.1.1/',
  'https://[2606:4700:4700::1111]/',
  'https://internal.example/',
  'https://localhost.client.example/',
])('%s may be fetched', (url) => {
  expect(publicUrlProblem(url)).toBeUndefined()
})

test.each([
  'http://client.example/',
  'ftp://client.example/',
  'data:application/json,{}',
  'file:///etc/passwd',
])('M-01 %s is not https', (url) => {
  expect(publicUrlProblem(url)).toBe('is not https')
})

test.each(['https://client.example:8443/', 'https://client.example:80/', 'https://client.example:22/'])(
  'M-01 %s is at another port',
  (url) => {
    expect(publicUrlProblem(url)).toBe('names a port')
  },
)

test.each(['https://user@client.example/', 'https://:secret@client.example/'])(
  'M-08 %s carries credentials',
  (url) => {
    expect(publicUrlProblem(url)).toBe('has user information')
  },
)

test.each([
  'https://127.0.0.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://[::1]/',
  'https://[::]/',
  'https://[::ffff:169.254.169.254]/x',
  'https://[::ffff:a9fe:a9fe]/x',
  'https://[64:ff9b::7f00:1]/',
  'https://[fe80::1]/',
])('M-02 %s is refused, because its address is not public', (url) => {
  expect(publicUrlProblem(url)).toBe('names an address that is not public')
})

test.each([
  ['octal', 'https://0177.0.0.1/'],
  ['hexadecimal', 'https://0x7f.1/x'],
  ['one hexadecimal number', 'https://0x7f000001/'],
  ['one decimal number', 'https://2130706433/'],
  ['short', 'https://127.1/'],
  ['a dot at the end', 'https://127.0.0.1./'],
  ['full-width digits', 'https://１２７.０.０.１/'],
  ['full-width dots', 'https://127。0。0。1/'],
  ['percent-encoded', 'https://%31%32%37.0.0.1/'],
  ['circled digits', 'https://①②⑦.⓪.⓪.①/'],
  ['zero alone', 'https://0/'],
])('M-04 loopback spelled as %s is refused', (_, url) => {
  expect(publicUrlProblem(url)).toBe('names an address that is not public')
})

test.each([
  'https://localhost/',
  'https://LOCALHOST/',
  'https://localhost./',
  'https://ｌocalhost/',
  'https://a.localhost/',
  'https://printer.local/',
  'https://metadata.google.internal/',
  'https://metadata.google.internal./',
  'https://metadata/',
  'https://vault.internal/',
  'https://router.home.arpa/',
  'https://client.example./',
])('M-12 %s names a local host', (url) => {
  expect(publicUrlProblem(url)).toBe('names a local host')
})

test.each([
  '',
  'client.example',
  '//client.example/',
  'https://',
  'https://256.256.256.256/',
  'https://[::1',
])('%j is not a URL', (url) => {
  expect(publicUrlProblem(url)).toBe('is not a URL')
})
