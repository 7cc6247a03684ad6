/** Bundlers replace this with the value of `NODE_ENV`, including for runtimes without `process`. */
declare const process: { readonly env: { readonly NODE_ENV?: string } }

/** Whether `NODE_ENV` is `production`. If it is not known, this is development: better to print too much. */
export function isProduction(): boolean {
  try {
    return mayReadEnvironment() && process.env.NODE_ENV === 'production'
  } catch {
    return false
  }
}

/** Deno would ask the user for permission, and the request would wait. */
function mayReadEnvironment(): boolean {
  const { Deno: deno } = globalThis as {
    Deno?: {
      permissions?: { querySync?(variable: { name: 'env'; variable: string }): { readonly state: string } }
    }
  }
  return (
    deno === undefined ||
    deno.permissions?.querySync?.({ name: 'env', variable: 'NODE_ENV' }).state === 'granted'
  )
}
