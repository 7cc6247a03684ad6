import { describe, expect, test } from 'vitest'
import { readPresentedCredentials } from '../../../src/authorization-server/client-authentication/presented-credentials.js'
import { parseParameters } from '../../../src/http/request-parameters.js'
import { plainRequest } from '../../harness/plain-request.js'

function read(authorization: string | undefined, form = '', url = '/token') {
  const headers = authorization === undefined ? {} : { authorization }
  return readPresentedCredentials(plainRequest({ headers, url }), parseParameters(form))
}

const base64 = (text: string) => Buffer.from(text).toString('base64')

describe('Basic', () => {
  test('E-08 Basic credentials are read as in the example of RFC 6749 section 2.3.1', () => {
    expect(read('Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3')).toEqual({
      method: 'client_secret_basic',
      clientId: 's6BhdRkqt3',
      secrets: ['7Fjfp0ZBr1KtDRbnfVdmIw'],
    })
  })

  test.each(['basic', 'BASIC', 'Basic  '])('E-08 the Basic scheme may be spelled %s', (scheme) => {
    expect(read(`${scheme} ${base64('id:secret')}`)).toMatchObject({ clientId: 'id', secrets: ['secret'] })
  })

  test.each([
    ['padded', 'aWQ6cw=='],
    ['not padded', 'aWQ6cw'],
    ['the URL-safe alphabet', Buffer.from('id:>>>???').toString('base64url')],
    ['the usual alphabet', base64('id:>>>???')],
  ])('E-08 Basic credentials in base64 are read: %s', (_name, encoded) => {
    expect(read(`Basic ${encoded}`)).toMatchObject({ clientId: 'id' })
  })

  test('E-08 the secret of Basic begins after the first colon', () => {
    expect(read(`Basic ${base64('id:a:b')}`)).toMatchObject({ clientId: 'id', secrets: ['a:b'] })
  })

  test('E-08 a Basic secret is read form-encoded and as sent, because many clients do not encode it', () => {
    expect(read(`Basic ${base64('my%20id:a%2Bb')}`)).toMatchObject({
      clientId: 'my id',
      secrets: ['a+b', 'a%2Bb'],
    })
    expect(read(`Basic ${base64('id:100%')}`)).toMatchObject({ secrets: ['100%'] })
  })

  test.each([
    '',
    'Basic',
    'Basic ',
    'Basic %%%',
    `Basic ${base64('no colon')}`,
    `Basic ${base64(':no id')}`,
    `Basic ${Buffer.from([0x69, 0x64, 0x3a, 0xff]).toString('base64')}`,
    'Basic aWQ6cw== more',
    'Bearer abc',
    `Basic ${base64('a:b')}, Basic ${base64('c:d')}`,
  ])('E-08 the Authorization header %j is invalid_client with a challenge', (authorization) => {
    expect(() => read(authorization)).toThrow(
      expect.objectContaining({
        code: 'invalid_client',
        status: 401,
        challenge: 'Basic realm="token", charset="UTF-8"',
      }),
    )
  })

  test('E-03 Basic together with a secret in the form is refused', () => {
    expect(() => read(`Basic ${base64('id:s')}`, 'client_secret=s')).toThrow(
      expect.objectContaining({ code: 'invalid_request', status: 400 }),
    )
  })

  test('E-09 Basic and a client_id in the form must name the same client', () => {
    expect(read(`Basic ${base64('id:s')}`, 'client_id=id')).toMatchObject({ clientId: 'id' })
    expect(() => read(`Basic ${base64('id:s')}`, 'client_id=other')).toThrow(
      expect.objectContaining({ code: 'invalid_request', status: 400 }),
    )
  })
})

describe('the form', () => {
  test('E-06 a client_id alone is the method none', () => {
    expect(read(undefined, 'client_id=id')).toEqual({ method: 'none', clientId: 'id' })
    expect(read(undefined, 'client_id=id&client_secret=')).toEqual({ method: 'none', clientId: 'id' })
  })

  test('client_id and client_secret in the form are client_secret_post', () => {
    expect(read(undefined, 'client_id=id&client_secret=a%2Bb')).toEqual({
      method: 'client_secret_post',
      clientId: 'id',
      secrets: ['a+b'],
    })
  })

  test.each(['', 'client_secret=s', 'client_id='])(
    'E-02 E-07 the form %j names no client and gets no challenge',
    (form) => {
      expect(() => read(undefined, form)).toThrow(
        expect.objectContaining({ code: 'invalid_client', status: 401, challenge: undefined }),
      )
    },
  )

  test('E-27 credentials in the query are ignored', () => {
    expect(() => read(undefined, '', '/token?client_id=id&client_secret=s')).toThrow(
      expect.objectContaining({ code: 'invalid_client' }),
    )
  })
})
