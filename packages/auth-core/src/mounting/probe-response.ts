/** A response to a probe, read to its end. */
export interface ProbeResponse {
  readonly status: number
  readonly headers: Headers
  /** Empty for an event stream, which may never end. */
  readonly body: string
}
