import type { Store } from '@tollgate/auth-core'
import { query } from './your-database.js'

const set = `INSERT INTO entries VALUES ($1, $2, now() + $3 * interval '1 second')
  ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires`
const swap = `UPDATE entries SET value = $3, expires = now() + $4 * interval '1 second'
  WHERE key = $1 AND value = $2 AND expires > now() RETURNING value`

async function first(sql: string, ...values: unknown[]): Promise<string | undefined> {
  return (await query(sql, values)).rows[0]?.value
}

export const store: Store = {
  get: (key) => first('SELECT value FROM entries WHERE key = $1 AND expires > now()', key),
  set: async (...entry) => void (await first(set, ...entry)),
  add: async (...entry) =>
    (await first(`${set} WHERE entries.expires <= now() RETURNING value`, ...entry)) !== undefined,
  compareAndSwap: async (...entry) => (await first(swap, ...entry)) !== undefined,
  take: (key) => first('DELETE FROM entries WHERE key = $1 AND expires > now() RETURNING value', key),
  delete: async (key) => void (await first('DELETE FROM entries WHERE key = $1', key)),
}
