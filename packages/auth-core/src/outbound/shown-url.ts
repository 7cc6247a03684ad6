/** A URL for messages, without its query: operators put keys there, and clients anything. */
export function shownUrl(url: string): string {
  const [shown = ''] = url.split(/[?#]/, 1)
  return shown
}
