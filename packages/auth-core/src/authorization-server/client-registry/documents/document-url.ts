/** Client IDs must fit into tokens, forms and pages. */
const longestClientId = 1024

/**
 * Whether a client ID is the URL of a metadata document: https, with a path, and without anything that two parsers could
 * read differently.
 *
 * The ID must be spelled as a URL parser would write it. So the string that is compared, fetched and shown to the user is
 * the same: it has no dot segments, backslashes, default port, upper case or other scripts in the host, user information or
 * white space. A query and a fragment are refused, too.
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
