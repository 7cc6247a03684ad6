/**
 * Whether a token is bound to a key, so that it is valid only with a proof of the key: a DPoP proof, a client certificate
 * or another method of `cnf`. Anyone could have stolen a token that arrives without the proof.
 *
 * @see [RFC 7800 section 3.1](https://www.rfc-editor.org/rfc/rfc7800.html#section-3.1)
 * @see [RFC 9449 section 7.2](https://www.rfc-editor.org/rfc/rfc9449.html#section-7.2)
 */
export function isKeyBound({ cnf, token_type }: Readonly<Record<string, unknown>>): boolean {
  const isOfDpop = typeof token_type === 'string' && token_type.toLowerCase() === 'dpop'
  return isOfDpop || (cnf !== undefined && cnf !== null)
}
