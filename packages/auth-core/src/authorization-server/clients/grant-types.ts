/** The grants that a client needs no user for. */
export const grantTypesWithoutUser: readonly string[] = ['client_credentials']
