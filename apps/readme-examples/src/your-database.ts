import { PGlite } from '@electric-sql/pglite'
import { dataDir } from '@electric-sql/pglite-prepopulatedfs'

/** Stands for the application's PostgreSQL. */
export const database: PGlite = await PGlite.create({ loadDataDir: await dataDir() })

/** Stands for `pool.query` of its driver, `pg`. */
export const query = (sql: string, values: unknown[]): Promise<{ rows: { value: string }[] }> =>
  database.query(sql, values)
