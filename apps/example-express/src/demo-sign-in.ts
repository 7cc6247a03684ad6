// DEMO ONLY. This sign-in trusts any name without a password. Replace it with your application's sign-in.
import { randomUUID } from 'node:crypto'
import type { SignIn } from '@tollgate/auth-core'
import express, { type ErrorRequestHandler, type Router } from 'express'

const sessionCookie = 'demo_session'
const userOfSession = new Map<string, string>()

/** Returns the signed-in user of this browser, or the sign-in page. This is the one function to replace. */
export const demoSignIn: SignIn = (request, { resumeUrl }) => {
  const cookies = (request.headers.get('cookie') ?? '').split('; ')
  const session = cookies.find((cookie) => cookie.startsWith(`${sessionCookie}=`))?.split('=')[1]
  const user = userOfSession.get(session ?? '')
  return user === undefined ? signInPage(resumeUrl) : { subject: user }
}

/** Signs the user in and resumes the authorization. */
export function demoSignInRouter(baseUrl: string): Router {
  const { pathname } = new URL(`${baseUrl}/login`)
  const malformed: ErrorRequestHandler = (_error, _req, res, _next) => void res.sendStatus(400)
  const readForm = express.Router().use(express.urlencoded({ extended: false }), malformed)
  return express.Router().post(pathname, readForm, (req, res) => {
    // Login CSRF: another site could sign its visitors in to an attacker's account.
    if ((req.get('sec-fetch-site') ?? 'same-origin') !== 'same-origin') return void res.sendStatus(403)
    const { user, next }: { user?: unknown; next?: unknown } = req.body ?? {}
    if (typeof user !== 'string' || user === '' || !isResumeUrl(next, baseUrl))
      return void res.sendStatus(400)

    const session = randomUUID()
    userOfSession.set(session, user)
    const secure = baseUrl.startsWith('https:')
    res.cookie(sessionCookie, session, { httpOnly: true, sameSite: 'lax', secure }).redirect(303, next)
  })
}

/** Any other destination would be an open redirect. */
function isResumeUrl(next: unknown, baseUrl: string): next is string {
  if (typeof next !== 'string' || !URL.canParse(next)) return false
  const { origin, pathname } = new URL(next)
  return origin + pathname === new URL(`${baseUrl}/authorize`).href
}

function signInPage(resumeUrl: string): Response {
  const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sign in (demo)</title>
<h1>Sign in</h1>
<p>This is a demo: there is no password, and any name will do.</p>
<form method="post" action="login">
<input type="hidden" name="next" value="${escapeHtml(resumeUrl)}">
<label>Name <input name="user" value="demo" required></label>
<button type="submit">Sign in</button>
</form>
</html>`
  return new Response(page, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    },
  })
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
