import { expect, test } from 'vitest'
import { answers } from '../src/your-sessions.js'
import { authorizationUrl, authorize, open, redirectUri, register } from './harness/sign-in.js'

test('C-29 C-30 a custom consent page uses its own words and escapes those of the client', async () => {
  const { auth } = await import('../src/own-consent-page.js')
  const shown = await authorize(auth)
  expect(shown?.status).toBe(200)
  const page = await shown?.text()
  expect(page).toContain('<h1>Notizbuch &#60;3 möchte deine Notizen benutzen</h1>')
  expect(page).toContain('<p>Du kommst zurück zu: client.example</p>')
  expect(page).toMatch(
    /<form method="post" action="\/api\/consent">\n<input type="hidden" name="transaction"/,
  )
})

test('C-33 C-42 an answer given in the application counts once, for the request that the user was shown', async () => {
  const { auth } = await import('../src/own-consent.js')
  for (const [answer, parameter] of [
    ['allow', 'code'],
    ['deny', 'error'],
  ] as const) {
    const asked = new URL((await authorize(auth))?.headers.get('location') ?? '')
    expect(asked.pathname).toBe('/may-it')
    const resumeUrl = asked.searchParams.get('request') ?? ''
    answers.set(`alice ${resumeUrl}`, answer)

    const other = await open(auth, `${resumeUrl}&state=other`)
    expect(other?.headers.get('location')).toMatch(/^https:\/\/example\.com\/may-it\?/)
    const answered = await open(auth, resumeUrl)
    expect(answered?.headers.get('location')?.startsWith(`${redirectUri}?${parameter}=`)).toBe(true)
    const again = await open(auth, resumeUrl)
    expect(again?.headers.get('location')).toBe(asked.href)
  }
})

test('C-41 a custom error page lets the user decide whether to leave', async () => {
  const { auth } = await import('../src/own-error-page.js')
  const shown = await authorize(auth, { scope: '"' })
  expect(shown?.status).toBe(400)
  expect(await shown?.text()).toMatch(
    /<a href="https:\/\/client\.example\/cb\?error=invalid_scope[^"]*">weiter zu client\.example<\/a>/,
  )
})

test('a signed-in user continues, a guest is refused, and anyone else is sent to the login page', async () => {
  const { auth } = await import('../src/sign-in.js')
  const url = authorizationUrl(auth, await register(auth))
  const signedOut = await open(auth, url, '')
  const login = new URL(signedOut?.headers.get('location') ?? '')
  expect(login.href.startsWith('https://example.com/login?next=')).toBe(true)
  const next = login.searchParams.get('next') ?? ''
  for (const one of [url, next]) {
    expect(await (await open(auth, one, 'user=guest'))?.text()).toContain('error=access_denied')
    expect(await (await open(auth, one))?.text()).toContain('alice@example.com')
  }
})
