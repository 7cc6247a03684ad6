/** Longer ones would not fit where identifiers go: into tokens, forms and pages. */
const longestClientId = 1024

/**
 * Whether a client id is the URL of a client's metadata document: https, with a path, and with nothing that two readers
 * could understand in two ways.
 *
 * The id must be in the spelling that a URL parser makes of it. So what is compared, what is fetched and what the user
 * is shown is one string: dot segments, backslashes, default ports, upper case and other scripts in the host, user
 * information and white space are not in it. Nor are a query and a fragment.
 *
 * @see [Client ID Metadata Document section 3](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-00#section-3)
 */
export function isDocumentUrl(clientId: string): boolean {
  if (clientId.length > longestClientId || !clientId.startsWith('https://') || !URL.canParse(clientId))
    return false
  const url = new URL(clientId)
  const hasCredentials = url.username !== '' || url.password !== ''
  return url.href === clientId && url.pathname !== '/' && !/[?#]/.test(clientId) && !hasCredentials
}
