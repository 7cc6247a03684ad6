import { expect, expectTypeOf, test, vi } from 'vitest'
import { AccessToken } from '../../src/contract/access-token.js'

const token = new AccessToken({ token: 't', clientId: 'client-1', scopes: [], subject: 'alice' })

// Not imported at the top: the first test is of a process that has not imported the context.
test('withAuth only calls the handler when the context is not imported', async () => {
  const { withAuth } = await import('../../src/mcp/request-context.js')
  const handle = vi.fn(() => 'answer')
  expect(withAuth(token, handle)).toBe('answer')
  expect(handle).toHaveBeenCalledExactlyOnceWith()
})

test('L-25 the handler and everything that it starts get the token', async () => {
  const { getAuth, withAuth } = await import('../../src/context.js')
  const answer = await withAuth(token, async () => {
    await new Promise((resolve) => setImmediate(resolve))
    return getAuth()
  })
  expect(answer).toBe(token)
  expect(getAuth()).toBeUndefined()
})

test('L-25 an anonymous request gets no token of other requests', async () => {
  const { getAuth, withAuth } = await import('../../src/context.js')
  expect(withAuth(token, () => withAuth(undefined, getAuth))).toBeUndefined()
  expect(withAuth(token, () => [withAuth(undefined, getAuth), getAuth()])).toEqual([undefined, token])
})

test('errors and rejections of the handler pass through', async () => {
  const { getAuth, withAuth } = await import('../../src/context.js')
  const fail = () => {
    throw new RangeError('broken')
  }
  expect(() => withAuth(token, fail)).toThrow(RangeError)
  await expect(withAuth(token, async () => fail())).rejects.toThrow(RangeError)
  expect(getAuth()).toBeUndefined()
})

test('two copies of the package share the context', async () => {
  const first = await import('../../src/context.js')
  vi.resetModules()
  const second = await import('../../src/context.js')
  expect(second.getAuth).not.toBe(first.getAuth)
  expect(first.withAuth(token, () => second.getAuth())).toBe(token)
  expect(second.withAuth(token, () => first.getAuth())).toBe(token)
})

test('the claims have the type of the provider', async () => {
  const { getAuth } = await import('../../src/context.js')
  interface Claims {
    tenant: string
  }
  const provider = { verifyToken: async (): Promise<AccessToken<Claims> | null> => null }
  expectTypeOf(() => getAuth()).returns.toEqualTypeOf<AccessToken | undefined>()
  expectTypeOf(() => getAuth(provider)).returns.toEqualTypeOf<AccessToken<Claims> | undefined>()
})
