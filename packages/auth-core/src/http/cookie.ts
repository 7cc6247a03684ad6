import type { HttpRequest } from './http-request.js'

/** The value of a cookie of the request, if it has exactly one of that name. */
export function readCookie(request: HttpRequest, name: string): string | undefined {
  const values = (request.header('cookie') ?? '')
    // Not at commas: a cookie that another host has set could bring a second name in its value.
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  return values.length === 1 ? values[0] : undefined
}

/** A cookie for the browser session alone, out of reach for scripts and for other sites' forms. */
export function sessionCookie(name: string, value: string, secure: boolean): string {
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
}
