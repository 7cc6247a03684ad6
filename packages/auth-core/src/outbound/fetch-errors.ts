/** The URL of a client is not fetched, because its host or address is not public. */
export class NotPublic extends Error {}

/** The server redirects. Redirects are never followed. */
export class RedirectRefused extends Error {}

/** The response has the right status, and an unusable body. */
export class UnusableBody extends Error {}
