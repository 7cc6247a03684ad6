import { fileURLToPath } from 'node:url'

const sources = {
  '@tollgate/auth-core': 'auth-core/src/index.ts',
  '@tollgate/auth-core/resource-server': 'auth-core/src/resource-server.ts',
  '@tollgate/auth-core/adapter': 'auth-core/src/adapter.ts',
  '@tollgate/auth-core/node': 'auth-core/src/node.ts',
  '@tollgate/auth-core/context': 'auth-core/src/context.ts',
  '#fetch-public': 'auth-core/src/outbound/fetch-public.node.ts',
  '@tollgate/auth-express': 'auth-express/src/index.ts',
  '@tollgate/auth-fastify': 'auth-fastify/src/index.ts',
  '@tollgate/auth-hono': 'auth-hono/src/index.ts',
  '@tollgate/auth-testing': 'auth-testing/src/index.ts',
}

/** Tests run on the sources, never on dist: coverage counts them, and no test sees two copies of the core. */
export const aliases = Object.entries(sources).map(([specifier, file]) => ({
  find: new RegExp(`^${specifier}$`),
  replacement: fileURLToPath(new URL(`./packages/${file}`, import.meta.url)),
}))

/** What the tests of every project share. */
export const testSettings = {
  setupFiles: [fileURLToPath(new URL('./vitest.quiet-console.ts', import.meta.url))],
  // On a busy machine, a test may wait for the processor. No test waits on purpose.
  testTimeout: 15_000,
}
