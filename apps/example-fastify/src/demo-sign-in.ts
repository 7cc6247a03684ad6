// DEMO ONLY. This sign-in trusts any name without a password. Replace it with your application's sign-in.
import { randomUUID } from 'node:crypto'
import type { SignIn } from '@tollgate/auth-core'
import type { FastifyInstance } from 'fastify'

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
export async function demoSignInRoutes(
  app: FastifyInstance,
  { baseUrl }: { baseUrl: string },
): Promise<void> {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  )
  // The page sends a form only. Any other body has no fields.
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume()
    done(null, {})
  })
  app.post<{ Body: { user?: unknown; next?: unknown } | undefined }>(
    new URL(`${baseUrl}/login`).pathname,
    (request, reply) => {
      // Login CSRF: another site could sign its visitors in to an attacker's account.
      if ((request.headers['sec-fetch-site'] ?? 'same-origin') !== 'same-origin')
        return reply.code(403).send()
      const { user, next } = request.body ?? {}
      if (typeof user !== 'string' || user === '' || !isResumeUrl(next, baseUrl))
        return reply.code(400).send()

      const session = randomUUID()
      userOfSession.set(session, user)
      const secure = baseUrl.startsWith('https:') ? '; Secure' : ''
      reply.header('set-cookie', `${sessionCookie}=${session}; Path=/; HttpOnly; SameSite=Lax${secure}`)
      return reply.redirect(next, 303)
    },
  )
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
