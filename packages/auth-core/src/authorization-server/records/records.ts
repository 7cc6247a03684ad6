import type { EventListener } from '../../events/auth-event.js'
import type { Clock } from '../../runtime/clock.js'
import type { Store } from '../../store/store.js'
import type { ClientRecord } from '../clients/client.js'
import { Collection } from './collection.js'
import type {
  AccessTokenClaims,
  AuthorizationCode,
  DocumentCopy,
  KeyRing,
  PendingConsent,
  StepUp,
  TokenFamily,
} from './stored-records.js'

/** Everything that an authorization server stores. */
export interface Records {
  /** Clients that registered themselves. */
  readonly clients: Collection<ClientRecord>
  /** The documents of approved clients. Found by the client ID. */
  readonly clientDocuments: Collection<DocumentCopy>
  readonly pendingConsents: Collection<PendingConsent>
  readonly codes: Collection<AuthorizationCode>
  readonly families: Collection<TokenFamily>
  /** The claims of opaque access tokens. Found by the token. */
  readonly accessTokens: Collection<AccessTokenClaims>
  readonly revocationMarks: Collection<string>
  /** The client assertions that were used, until they expire. Found by client and `jti`. */
  readonly assertions: Collection<object>
  readonly stepUps: Collection<StepUp>
  readonly keyRings: Collection<KeyRing>
}

/** @param owner The issuer: servers that share a store do not share records. */
export function openRecords(store: Store, owner: string, now: Clock, emit: EventListener): Records {
  const open = <T>(kind: string) => new Collection<T>({ store, owner, kind, emit }, now)
  return {
    clients: open('client'),
    clientDocuments: open('document'),
    pendingConsents: open('consent'),
    codes: open('code'),
    families: open('family'),
    accessTokens: open('access'),
    revocationMarks: open('mark'),
    assertions: open('assertion'),
    stepUps: open('step-up'),
    keyRings: open('key'),
  }
}
