/** The length of `r`, and of `s`, in bytes (RFC 7518 section 3.4). */
const partLengths: Readonly<Record<string, number>> = { ES256: 32, ES384: 48, ES512: 66 }

/**
 * Converts an ECDSA signature to the form of JWS, which is `r` and `s` side by side. Key management services return DER, a
 * sequence of two integers. A signature in the form of JWS, or of another algorithm, is returned unchanged.
 *
 * @throws `TypeError` if it has neither form.
 */
export function derToJose(algorithm: string, signature: Uint8Array): Uint8Array {
  const length = partLengths[algorithm]
  if (length === undefined || signature.length === 2 * length) return signature
  const reader = { bytes: signature, at: 0 }
  const sequence = readLength(reader, 0x30)
  if (reader.at + sequence !== signature.length) throw new TypeError(malformed)
  const raw = new Uint8Array(2 * length)
  for (const end of [length, 2 * length]) {
    const integer = readInteger(reader)
    if (integer.length > length) throw new TypeError(malformed)
    raw.set(integer, end - integer.length)
  }
  if (reader.at !== signature.length) throw new TypeError(malformed)
  return raw
}

const malformed = 'the function "sign" must return an ECDSA signature: r and s side by side, or DER'

interface Reader {
  readonly bytes: Uint8Array
  at: number
}

/** DER integers are signed: a leading zero keeps a large one positive. */
function readInteger(reader: Reader): Uint8Array {
  const length = readLength(reader, 0x02)
  const integer = reader.bytes.subarray(reader.at, reader.at + length)
  reader.at += length
  const start = integer.findIndex((byte) => byte !== 0)
  // No part of a signature is zero.
  if (start < 0) throw new TypeError(malformed)
  return integer.subarray(start)
}

/** Lengths up to 127 have one byte. ES512 needs the two-byte form. */
function readLength(reader: Reader, tag: number): number {
  if (reader.bytes[reader.at] !== tag) throw new TypeError(malformed)
  const first = reader.bytes[reader.at + 1] ?? 0
  const length = first === 0x81 ? reader.bytes[reader.at + 2] : first
  reader.at += first === 0x81 ? 3 : 2
  if (length === undefined || length === 0 || length > 0xff) throw new TypeError(malformed)
  return length
}
