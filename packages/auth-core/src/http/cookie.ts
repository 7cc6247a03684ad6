import type { HttpRequest } from './http-request.js'

/** Reads a cookie. `undefined` unless the request has exactly one with this name. */
export function readCookie(request: HttpRequest, name: string): string | undefined {
  const values = (request.header('cookie') ?? '')
    // Not at commas: the value of a cookie that another host has set could contain a second name.
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  return values.length === 1 ? values[0] : undefined
}

/** Writes a cookie for the browser session. Scripts cannot read it, and forms of other sites do not send it. */
export function sessionCookie(name: string, value: string, secure: boolean): string {
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
}
