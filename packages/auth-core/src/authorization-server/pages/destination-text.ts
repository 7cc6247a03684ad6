import type { Destination } from '../clients/redirect-destination.js'

/** What a page calls the place that the browser goes to. */
export function destinationText(destination: Destination): string {
  return destination.kind === 'scheme'
    ? `the application that opens ${destination.scheme}: links`
    : destination.host
}
