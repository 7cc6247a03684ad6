import type { OAuthProvider } from '@tollgate/auth-core'
import { expect, test, vi } from 'vitest'
import { logger } from '../src/your-options.js'
import { register, signInTo } from './harness/sign-in.js'

test('O-05 the listener receives events', async () => {
  const info = vi.spyOn(logger, 'info')
  const clientId = await register((await import('../src/events.js')).auth)
  const event = { type: 'client.registered', clientId, requestId: expect.any(String) }
  expect(info).toHaveBeenLastCalledWith(event, 'client.registered')
})

test('O-05 the listener of console-events warns of a refresh token that is used again', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  const { auth } = await import('../src/console-events.js')
  const { refreshToken, refresh } = await signInTo(auth as OAuthProvider<never>)
  const second = await refresh(refreshToken)
  await refresh(second.refresh_token)
  await refresh(refreshToken)
  expect(warn).toHaveBeenCalledWith('A refresh token of alice may be stolen.')
  warn.mockRestore()
})

test('L-23 rate limits of every kind admit a first client', async () => {
  const { behindCdn, behindProxy } = await import('../src/client-address.js')
  for (const provider of [
    (await import('../src/rate-limits.js')).auth,
    (await import('../src/own-rate-limit.js')).auth,
    behindCdn,
    behindProxy,
  ])
    expect(await register(provider)).toMatch(/^[\w-]+$/)
})
