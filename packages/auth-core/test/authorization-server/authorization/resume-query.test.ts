import fc from 'fast-check'
import { expect, test } from 'vitest'
import { resumeQuery } from '../../../src/authorization-server/authorization/resume-query.js'
import { parseParameters } from '../../../src/http/request-parameters.js'
import { runs } from '../../harness/property-runs.js'

const understood = {
  redirectUri: 'https://client.example/cb?a=b&c',
  scopes: ['notes:read', 'notes:write'],
  resources: ['https://a.example/mcp', 'https://b.example/'],
}

test('C-42 a resume query adds the parameters that the request omitted and keeps the order of the others', () => {
  expect(resumeQuery({ ...understood, query: 'state=a+b%2B&client_id=c&scope=x' })).toBe(
    'state=a+b%2B&client_id=c&scope=notes%3Aread+notes%3Awrite&redirect_uri=https%3A%2F%2Fclient.example%2Fcb%3Fa%3Db%26c&resource=https%3A%2F%2Fa.example%2Fmcp&resource=https%3A%2F%2Fb.example%2F',
  )
})

test('C-42 a resume query without scopes has a scope of one space, because a missing scope means the default', () => {
  const parameters = parseParameters(resumeQuery({ ...understood, scopes: [], query: 'client_id=c' }))
  expect(parameters.get('scope')).toBe(' ')
})

test('C-42 a resume query resumes as itself and keeps all other parameters of any request', () => {
  const names = fc.constantFrom('state', 'client_id', 'scope', 'resource', 'redirect_uri', 'nonce', 'x y&=')
  const pairs = fc.array(fc.tuple(names, fc.string({ unit: 'binary', minLength: 1 })))
  fc.assert(
    fc.property(pairs, fc.subarray(understood.scopes), (sent, scopes) => {
      const query = new URLSearchParams(sent).toString()
      const resumed = resumeQuery({ ...understood, scopes, query })
      expect(resumeQuery({ ...understood, scopes, query: resumed })).toBe(resumed)
      const parameters = parseParameters(resumed)
      const before = parseParameters(query)
      for (const name of ['state', 'client_id', 'nonce', 'x y&='])
        expect(parameters.getAll(name)).toEqual(before.getAll(name))
      expect(parameters.get('redirect_uri')).toBe(understood.redirectUri)
      expect(parameters.get('scope')?.trim()).toBe(scopes.join(' '))
      expect(parameters.getAll('resource')).toEqual(understood.resources)
    }),
    runs(500),
  )
})
