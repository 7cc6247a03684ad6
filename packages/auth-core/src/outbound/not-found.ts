/** The server responded, and does not have the document. A server that is down throws another error. */
export class NotFound extends Error {}

/** Whether a status means that there is no such document (RFC 9110 sections 15.5.5 and 15.5.11). */
export function isNotFound(status: number): boolean {
  return status === 404 || status === 410
}
