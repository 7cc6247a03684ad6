import type { HttpRequest } from './http-request.js'

/** The value of a cookie of the request, if it has exactly one of that name. */
export function readCookie(request: HttpRequest, name: string): string | undefined {
  const values = (request.header('cookie') ?? '')
    // Several Cookie fields (HTTP/2) arrive joined with a comma in some runtimes, with a semicolon in others.
    .split(/[;,]/)
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  return values.length === 1 ? values[0] : undefined
}

/** A cookie for the browser session alone, out of reach for scripts and for other sites' forms. */
export function sessionCookie(name: string, value: string, secure: boolean): string {
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
}
