import { describe, expect, test } from 'vitest'
import { readForm, readJson } from '../../src/http/body.js'
import { fromWebRequest } from '../../src/http/http-request.js'
import { readBytes } from '../../src/http/read-bytes.js'
import { type PlainRequest, plainRequest } from '../harness/plain-request.js'

const formType = { 'content-type': 'application/x-www-form-urlencoded' }
const jsonType = { 'content-type': 'application/json' }
const limit = 64 * 1024

const form = (request: PlainRequest) => readForm(plainRequest({ headers: formType, ...request }))
const json = (request: PlainRequest) => readJson(plainRequest({ headers: jsonType, ...request }), limit)

describe('a form', () => {
  test('a form is read, even if its chunks split a character', async () => {
    const bytes = new TextEncoder().encode('a=ü&b=2')
    const parameters = await form({ body: [bytes.slice(0, 3), bytes.slice(3)] })
    expect(parameters.get('a')).toBe('ü')
    expect(parameters.get('b')).toBe('2')
  })

  test.each(['application/x-www-form-urlencoded; charset=UTF-8', 'Application/X-WWW-Form-URLencoded'])(
    'a form may have the media type %s',
    async (type) => {
      expect((await form({ headers: { 'content-type': type }, body: 'a=1' })).get('a')).toBe('1')
    },
  )

  test.each([
    undefined,
    '',
    'application/json',
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded, application/json',
    'application/x-www-form-urlencodedx',
  ])('a form with the media type %s is refused', async (type) => {
    const headers = type === undefined ? {} : { 'content-type': type }
    await expect(form({ headers, body: 'a=1' })).rejects.toMatchObject({
      code: 'invalid_request',
      status: 400,
    })
  })

  test('a form may be empty', async () => {
    expect((await form({})).get('a')).toBeUndefined()
    expect((await form({ body: '' })).get('a')).toBeUndefined()
  })

  test('a form with a repeated parameter is refused', async () => {
    await expect(form({ body: 'a=1&a=2' })).rejects.toMatchObject({ code: 'invalid_request' })
    expect((await form({ body: 'resource=1&resource=2' })).getAll('resource')).toEqual(['1', '2'])
  })

  test('a form that is not UTF-8 is refused', async () => {
    await expect(form({ body: new Uint8Array([0x61, 0x3d, 0xff]) })).rejects.toThrow('not valid UTF-8')
  })
})

describe('the limit', () => {
  test('a form may have at most 64 KiB', async () => {
    const longest = `a=${'x'.repeat(limit - 2)}`
    expect((await form({ body: longest })).get('a')).toHaveLength(limit - 2)
    await expect(form({ body: `${longest}x` })).rejects.toMatchObject({
      code: 'invalid_request',
      status: 413,
    })
  })

  test('F-22 a JSON body may have at most as many bytes as the limit', async () => {
    const ofLength = (length: number) => 'ü'.repeat((length - 2) / 2)
    for (const read of [
      (text: string) => json({ body: JSON.stringify(text) }),
      (text: string) => json({ parsed: JSON.stringify(text) }),
      (text: string) => json({ parsed: new TextEncoder().encode(JSON.stringify(text)) }),
    ]) {
      expect(await read(ofLength(limit))).toBe(ofLength(limit))
      await expect(read(ofLength(limit + 2))).rejects.toMatchObject({ status: 413 })
    }
    // The compact JSON of a parsed body has six bytes around the text: {"a":}
    expect(await json({ parsed: { a: ofLength(limit - 6) } })).toBeDefined()
    await expect(json({ parsed: { a: ofLength(limit - 4) } })).rejects.toMatchObject({ status: 413 })
    await expect(json({ parsed: { a: 1n } })).rejects.toThrow('not valid JSON')
  })

  test('a body is measured as it arrives, whatever its Content-Length is', async () => {
    const headers = { ...formType, 'content-length': '3' }
    await expect(form({ headers, body: 'x'.repeat(limit + 1) })).rejects.toMatchObject({ status: 413 })
  })

  test('a body with a Content-Length over the limit is refused unread', async () => {
    const request = plainRequest({ headers: { ...formType, 'content-length': String(limit + 1) } })
    const unread = { ...request, body: { read: () => expect.unreachable('the body was read') } }
    await expect(readForm(unread)).rejects.toMatchObject({ status: 413 })
  })

  test('an endless body is read only up to the limit', async () => {
    let chunks = 0
    async function* endless() {
      for (;;) {
        chunks += 1
        yield new Uint8Array(1024)
      }
    }
    const request = {
      ...plainRequest({ headers: formType }),
      body: { read: (limit: number) => readBytes(endless(), limit) },
    }
    await expect(readForm(request)).rejects.toMatchObject({ status: 413 })
    expect(chunks).toBe(65)
  })
})

describe('a form that a parser has read', () => {
  test.each<[string, unknown]>([
    ['an object', { a: '1', resource: ['x', 'y'] }],
    ['an object without prototype', Object.assign(Object.create(null), { a: '1', resource: ['x', 'y'] })],
    ['text', 'a=1&resource=x&resource=y'],
    ['bytes', new TextEncoder().encode('a=1&resource=x&resource=y')],
    ['a Buffer', Buffer.from('a=1&resource=x&resource=y')],
  ])('L-14 a parsed form is read from %s', async (_name, parsed) => {
    const parameters = await form({ parsed })
    expect(parameters.get('a')).toBe('1')
    expect(parameters.getAll('resource')).toEqual(['x', 'y'])
  })

  test.each<[string, unknown]>([
    ['a list of a repeated parameter', { a: ['1', '2'] }],
    ['an object, as qs makes of brackets', { a: { b: '1' } }],
    ['a list of objects', { resource: [{ b: '1' }] }],
    ['a list of lists', { a: [['1']] }],
    ['a number', { a: 1 }],
    ['null', { a: null }],
  ])('L-14 a parsed form with %s is refused', async (_name, parsed) => {
    await expect(form({ parsed })).rejects.toMatchObject({ code: 'invalid_request' })
  })

  test('L-14 a parsed form may have names that every object has', async () => {
    const parsed = JSON.parse('{"__proto__":"1","constructor":"2"}')
    const parameters = await form({ parsed })
    expect(parameters.get('__proto__')).toBe('1')
    expect(parameters.get('constructor')).toBe('2')
    expect(parameters.get('toString')).toBeUndefined()
  })

  test('L-14 a parsed form without the media type of a form is refused', async () => {
    await expect(form({ headers: jsonType, parsed: { a: '1' } })).rejects.toMatchObject({
      code: 'invalid_request',
    })
  })

  test('an empty parsed form has no parameters', async () => {
    expect((await form({ parsed: {} })).get('a')).toBeUndefined()
  })
})

describe('JSON', () => {
  test.each(['application/json', 'application/json; charset=utf-8', 'application/vnd.x+json'])(
    'a JSON body may have the media type %s',
    async (type) => {
      expect(await json({ headers: { 'content-type': type }, body: '{"a":1}' })).toEqual({ a: 1 })
    },
  )

  test.each([
    undefined,
    'text/json',
    'application/x-www-form-urlencoded',
    'application/jsonp',
    'text/html+json',
  ])('F-01 a JSON body with the media type %s is refused', async (type) => {
    const headers = type === undefined ? {} : { 'content-type': type }
    await expect(json({ headers, body: '{}' })).rejects.toMatchObject({ code: 'invalid_request' })
  })

  test.each(['', '{', '{"a":1}{', "{'a':1}", 'undefined'])('the body %j is refused as JSON', async (body) => {
    await expect(json({ body })).rejects.toThrow('not valid JSON')
  })

  test('JSON beyond 32 levels is refused', async () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
    expect(await json({ body: nested(32) })).toHaveLength(1)
    await expect(json({ body: nested(33) })).rejects.toThrow('nested too deeply')
    await expect(json({ body: nested(30_000) })).rejects.toThrow('nested too deeply')
    await expect(json({ parsed: JSON.parse(nested(33)) })).rejects.toThrow('nested too deeply')
  })

  test('a JSON member named __proto__ changes no prototype', async () => {
    const document = await json({ body: '{"__proto__":{"polluted":true}}' })
    expect(Object.getPrototypeOf(document)).toBe(Object.prototype)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  test.each<[string, unknown, unknown]>([
    ['an object', { a: 1 }, { a: 1 }],
    ['a list', [1], [1]],
    ['null', null, null],
    ['text', '{"a":1}', { a: 1 }],
    ['bytes', Buffer.from('{"a":1}'), { a: 1 }],
  ])('L-14 parsed JSON is read from %s', async (_name, parsed, document) => {
    expect(await json({ parsed })).toEqual(document)
  })
})

describe('a web request', () => {
  const request = () =>
    new Request('https://a.example/token', { method: 'POST', headers: formType, body: 'a=1' })

  test('a body that the application has read is an error that names the fix', async () => {
    const drained = request()
    await drained.text()
    await expect(readForm(fromWebRequest(drained))).rejects.toMatchObject({
      code: 'server_error',
      reason: 'body_already_read',
      message: expect.stringMatching(/Mount them before/),
    })
  })

  describe.each([
    [' without a Content-Length', {}],
    [' with a Content-Length', { 'content-length': '3' }],
  ])('a body%s', (_name, headers) => {
    const request = (body: BodyInit = 'a=1') =>
      new Request('https://a.example/token', {
        method: 'POST',
        headers: { ...formType, ...headers },
        body,
        duplex: 'half',
      } as RequestInit)

    test('a web body is read', async () => {
      expect((await readForm(fromWebRequest(request()))).get('a')).toBe('1')
    })

    test('a web body that another reader holds is the error of an application', async () => {
      const taken = request()
      taken.body?.getReader()
      await expect(readForm(fromWebRequest(taken))).rejects.toMatchObject({ reason: 'body_already_read' })
    })

    test('L-20 a web body that breaks off is the error of the client', async () => {
      const cause = new Error('aborted')
      const broken = request(new ReadableStream({ start: (controller) => controller.error(cause) }))
      await expect(readForm(fromWebRequest(broken))).rejects.toMatchObject({
        code: 'invalid_request',
        status: 400,
        reason: 'body_incomplete',
        cause,
      })
    })

    test('a web body over the limit is refused', async () => {
      const larger = request('a'.repeat(limit + 1))
      await expect(readForm(fromWebRequest(larger))).rejects.toMatchObject({ status: 413 })
    })
  })
})
