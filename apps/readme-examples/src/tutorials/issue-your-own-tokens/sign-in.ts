import { randomUUID } from 'node:crypto'
import type { SignIn } from '@tollgate/auth-core'
import express from 'express'

const passwords = new Map([['alice', 'correct horse battery staple']])
const sessions = new Map<string, string>()

/** Returns the user of a browser, or sends the browser to the sign-in page. */
export const signIn: SignIn = (request, { resumeUrl }) => {
  const session = /(?:^|; )session=([\w-]+)/.exec(request.headers.get('cookie') ?? '')?.[1]
  const user = sessions.get(session ?? '')
  return user === undefined
    ? { redirect: `/login?next=${encodeURIComponent(resumeUrl)}` }
    : { subject: user, name: user }
}

/** The application's own sign-in page. */
export const loginPage = express.Router()

loginPage.get('/login', (_req, res) => {
  res.send(`<!doctype html>
<html lang="en">
<title>Sign in</title>
<form method="post">
<label>Name <input name="user"></label>
<label>Password <input name="password" type="password"></label>
<button>Sign in</button>
</form>
</html>`)
})

loginPage.post('/login', express.urlencoded({ extended: false }), (req, res) => {
  const { user, password } = req.body
  const next = String(req.query['next'])
  // Anything but the authorization endpoint would be an open redirect.
  if (!next.startsWith('http://localhost:3000/authorize?')) return void res.sendStatus(400)
  // Another site must not sign its visitors in here.
  if ((req.get('sec-fetch-site') ?? 'same-origin') !== 'same-origin') return void res.sendStatus(403)
  if (password === undefined || passwords.get(user) !== password) return res.redirect(303, req.originalUrl)

  const session = randomUUID()
  sessions.set(session, user)
  res.cookie('session', session, { httpOnly: true, sameSite: 'lax' }).redirect(303, next)
})
