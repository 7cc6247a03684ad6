/** A URL for messages: without its query, in which operators put keys, and clients whatever they like. */
export function shownUrl(url: string): string {
  const [shown = ''] = url.split(/[?#]/, 1)
  return shown
}
