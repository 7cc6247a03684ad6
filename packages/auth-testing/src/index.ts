export { type TestClock, testClock } from './test-clock.js'
export {
  type Breakage,
  createTestIssuer,
  type ListeningIssuer,
  listenTestIssuer,
  type MintOptions,
  type TestIssuer,
  type TestIssuerOptions,
} from './test-issuer.js'
