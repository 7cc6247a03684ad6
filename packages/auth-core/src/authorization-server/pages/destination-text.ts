import type { Destination } from '../clients/redirect-destination.js'

/** Returns the name of a redirect's destination on pages. */
export function destinationText(destination: Destination): string {
  return destination.kind === 'scheme'
    ? `the application that opens ${destination.scheme}: links`
    : destination.host
}
