import { storeContract } from '@tollgate/auth-testing'
import { test } from 'vitest'
import { yourStore } from '../src/your-store.js'

for (const { name, run } of storeContract((now) => yourStore({ now }))) test(name, run)
