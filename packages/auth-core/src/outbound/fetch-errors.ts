/** What a client named is not fetched: its host is not a public one, or its address is not. */
export class NotPublic extends Error {}

/** A redirect, which is never followed. */
export class RedirectRefused extends Error {}

/** A response with the right status, and not with what was asked for. */
export class UnusableBody extends Error {}
