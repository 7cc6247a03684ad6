/** The tests use only the part of Express 4 that it shares with Express 5. */
declare module 'express4' {
  export { default } from 'express'
}
