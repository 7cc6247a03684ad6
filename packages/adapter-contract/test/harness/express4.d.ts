/** The test suite uses Express 4 through the part of the API that it shares with Express 5. */
declare module 'express4' {
  export { default } from 'express'
}
