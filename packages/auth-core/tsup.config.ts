import { defineConfig } from 'tsup'

// One build for all entries, so that what they share is one chunk and not a copy in each.
// Platform neutral knows no Node builtins: whether an entry may import them is for tsconfig.build.json to say.
export default defineConfig({
  entry: [
    'src/index.ts',
    'src/resource-server.ts',
    'src/adapter.ts',
    'src/node.ts',
    'src/context.ts',
    // Not an entry of the package. It makes chunks of what only it needs, so that a bundler can leave that out: of a chunk
    // for all, it would have to keep whatever runs when the module is loaded.
    'src/authorization-server/oauth-provider.ts',
    // What `#fetch-public` is, for each runtime: whoever loads or bundles the package chooses (package.json, "imports").
    'src/outbound/fetch-public.ts',
    'src/outbound/fetch-public.node.ts',
  ],
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  external: [/^node:/, '#fetch-public'],
  removeNodeProtocol: false,
  splitting: true,
  dts: false,
  clean: true,
})
