import { memoryStore, type Store } from '@tollgate/auth-core'
import fc, { type Scheduler } from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { runs } from '../../../auth-core/test/harness/property-runs.js'
import { type ClientKey, newClientKey } from '../harness/assertions.js'
import { inProcess } from '../harness/in-process.js'
import { noRefreshGrace, oneTimeRequests } from '../harness/valid-requests.js'

const patience = 120_000

let key: ClientKey
beforeAll(async () => {
  key = await newClientKey()
})

/** A store whose operations run in the order of a scheduler, once there is one. */
function scheduledStore() {
  const store = memoryStore()
  let scheduler: Scheduler | undefined
  const inTurn =
    <Arguments extends unknown[], Result>(
      kind: keyof Store,
      operation: (...args: Arguments) => Promise<Result>,
    ) =>
    async (...args: Arguments): Promise<Result> => {
      await scheduler?.schedule(Promise.resolve(), kind)
      return operation(...args)
    }
  const scheduled: Store = {
    get: inTurn('get', store.get),
    set: inTurn('set', store.set),
    add: inTurn('add', store.add),
    compareAndSwap: inTurn('compareAndSwap', store.compareAndSwap),
    take: inTurn('take', store.take),
    delete: inTurn('delete', store.delete),
  }
  return {
    store: scheduled,
    begin: (given: Scheduler) => {
      scheduler = given
    },
    end: () => {
      scheduler = undefined
    },
  }
}

describe.each(oneTimeRequests)('$name', (valid) => {
  test(
    'D-36 D-53 E-18 C-28 N-01 N-03 N-05 one of three parallel requests succeeds, in every order of two processes',
    async () => {
      const property = fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
        async (scheduler, areHere) => {
          const { store, begin, end } = scheduledStore()
          const options = { store, ...noRefreshGrace }
          const [here, there] = [inProcess(key, options), inProcess(key, options)]
          const request = await valid.prepare(here)
          begin(scheduler)
          const sent = Promise.all(areHere.map((isHere) => (isHere ? here : there).send(request)))
          await scheduler.waitFor(sent)
          end()
          const answers = await sent
          const verdicts = await Promise.all(answers.map((answer) => valid.isSuccess(answer)))
          expect(verdicts.filter((isSuccess) => isSuccess)).toHaveLength(1)
          for (const [n, answer] of answers.entries())
            if (verdicts[n] === false) expect([400, 401]).toContain(answer.status)
        },
      )
      await fc.assert(property, runs(25))
    },
    patience,
  )
})
