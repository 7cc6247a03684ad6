import type { AccessToken } from '@tollgate/auth-core'
import * as adapter from '@tollgate/auth-express'
import type { Request } from 'express'
import { expect, expectTypeOf, test } from 'vitest'

test('the package exports these names', () => {
  expect(Object.keys(adapter).sort()).toEqual([
    'getAuth',
    'mcpAuthRouter',
    'mcpAuthWellKnown',
    'mcpHandler',
    'requireBearerAuth',
    'requireToolScopes',
    'routeHandler',
  ])
})

test('L-25 getAuth is typed and undefined for a request without a gate', () => {
  expectTypeOf((request: Request) => adapter.getAuth(request)).returns.toEqualTypeOf<
    AccessToken | undefined
  >()
  expect(adapter.getAuth({} as Request)).toBeUndefined()
})
