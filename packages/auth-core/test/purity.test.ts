import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Everything that a bundle of an entry point is made of. A Node builtin does not resolve, and fails the build. */
async function inputsOf(entry: string): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    // Which of the two a bundler takes is for the packed package to show: here there may be no dist.
    alias: { '#fetch-public': `${root}src/outbound/fetch-public.ts` },
    logLevel: 'silent',
  })
  return Object.keys(metafile.inputs)
}

test.each(['src/index.ts', 'src/resource-server.ts', 'src/adapter.ts'])(
  'L-26 %s imports nothing from Node',
  async (entry) => {
    const inputs = await inputsOf(entry)
    expect(inputs).toContain(entry)
    expect(inputs.filter((input) => input.includes('node.ts') || input.startsWith('node:'))).toEqual([])
  },
)

test('the check notices a Node builtin', async () => {
  await expect(inputsOf('src/node.ts')).rejects.toThrow(/Could not resolve "node:/)
})

test('a resource server bundles jose', async () => {
  const inputs = await inputsOf('src/resource-server.ts')
  expect(inputs.some((input) => input.includes('/jose/'))).toBe(true)
})

test.each(['src/resource-server.ts', 'src/adapter.ts'])(
  '%s bundles neither the authorization server nor zod',
  async (entry) => {
    const inputs = await inputsOf(entry)
    expect(
      inputs.filter((input) => input.startsWith('src/authorization-server/') || input.includes('/zod/')),
    ).toEqual([])
  },
)

test('the core depends on jose and zod alone', async () => {
  const packages = (await inputsOf('src/index.ts'))
    .filter((input) => input.includes('node_modules/'))
    .map((input) => input.split('node_modules/').at(-1)?.split('/')[0])
  expect([...new Set(packages)].sort()).toEqual(['jose', 'zod'])
})
