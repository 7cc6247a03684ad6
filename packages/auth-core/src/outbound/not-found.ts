/** A server answered, and has not what it is asked for. One that is down says nothing, and throws another error. */
export class DocumentGone extends Error {}

/** Whether a server says with a status that it has no document (RFC 9110 sections 15.5.5 and 15.5.11). */
export function isGone(status: number): boolean {
  return status === 404 || status === 410
}
