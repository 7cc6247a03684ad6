import { type AuthEvent, type EventListener, logEvents } from '@tollgate/auth-core'
import { pino } from 'pino'
import { consoleListener } from '../../../auth-core/src/events/console-listener.js'

/** Writes each event as pino does and as the default listener prints it, without leaving out repetitions. */
export function everyLogger(write: (line: string) => void): EventListener {
  const log = logEvents(pino({ level: 'debug' }, { write }))
  let hour = 0
  const print = consoleListener(() => (hour += 3600))
  return (event: AuthEvent) => {
    log(event)
    print(event)
  }
}
