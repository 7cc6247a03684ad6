import type { EventListener } from '../../events/auth-event.js'
import { hintFor } from '../../events/failure-hints.js'
import { OAuthError } from '../../oauth/oauth-error.js'
import type { ConsentRejection, FailureReason } from '../../oauth/reasons.js'

const notFromOurPage = 'The answer did not come from the page that this browser showed.'
const rejections = {
  other_site: { reason: 'consent_other_site', description: notFromOurPage },
  other_browser: { reason: 'consent_other_browser', description: notFromOurPage },
  other_user: {
    reason: 'consent_other_user',
    description: 'Another user has signed in since this page was shown.',
  },
  other_request: {
    reason: 'consent_other_request',
    description: 'The application has changed what it asks for since this page was shown.',
  },
} as const satisfies Record<ConsentRejection, { reason: FailureReason; description: string }>

/**
 * Refuses an answer to the consent page, which may be an attack. The user gets a page, because a redirect would tell the
 * client of one user about another user.
 */
export function rejectedConsent(
  { emit }: { readonly emit: EventListener },
  rejection: ConsentRejection,
  clientId?: string,
): OAuthError {
  const { reason, description } = rejections[rejection]
  emit({ type: 'consent.rejected', reason: rejection, clientId, hint: hintFor(reason) })
  return new OAuthError('access_denied', description, { reason, clientId })
}
