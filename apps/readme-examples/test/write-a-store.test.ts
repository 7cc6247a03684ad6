import { readFileSync } from 'node:fs'
import { OAuthProvider } from '@tollgate/auth-core'
import { storeContract } from '@tollgate/auth-testing'
import { afterAll, expect, test } from 'vitest'
import { store } from '../src/sql-store.js'
import { database } from '../src/your-database.js'
import { options } from '../src/your-options.js'
import { signInTo } from './harness/sign-in.js'

const page = readFileSync(new URL('../../../docs/how-to/write-a-store.md', import.meta.url), 'utf8')
const [table = '', cleanUp = ''] = [...page.matchAll(/```sql\n([^`]*)```/g)].map(([, sql = '']) => sql)

afterAll(() => database.close())

/** The time of a test instead of PostgreSQL's own. */
const timeIs = (seconds: number) =>
  database.exec(
    `CREATE OR REPLACE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT to_timestamp(${seconds})'`,
  )
await database.exec(`SET search_path = public, pg_catalog; ${table}`)

const contract = storeContract(async (clock) => {
  await database.exec('TRUNCATE entries')
  const atTime =
    <Given extends unknown[], Found>(operation: (...given: Given) => Promise<Found>) =>
    async (...given: Given) => {
      await timeIs(clock())
      return operation(...given)
    }
  return {
    get: atTime(store.get),
    set: atTime(store.set),
    add: atTime(store.add),
    compareAndSwap: atTime(store.compareAndSwap),
    take: atTime(store.take),
    delete: atTime(store.delete),
  }
})

test.each([...contract])('the store of docs/how-to/write-a-store.md: $name', ({ run }) => run())

test('the clean-up of the page removes what has expired, and nothing else', async () => {
  await database.exec('TRUNCATE entries')
  await timeIs(0)
  await store.set('short', '1', 60)
  await store.set('long', '1', 120)
  await timeIs(60)
  await database.exec(cleanUp)
  expect((await database.query('SELECT key FROM entries')).rows).toEqual([{ key: 'long' }])
})

test('D-59 a provider keeps its clients and tokens in the store of the page', async () => {
  await timeIs(Date.now() / 1000)
  const provider = new OAuthProvider({ ...options, store })
  const { token } = await signInTo(provider as OAuthProvider<never>)
  expect(await provider.verifyToken(token)).toMatchObject({ subject: 'alice' })
})
