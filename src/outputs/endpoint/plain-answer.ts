/**
 * The answer to any request: what its route says, with the credentials that it asks for.
 *
 * @module
 */

import { RolesAnywhereError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports.ts'
import { failureAnswer, type CredentialsBodies } from './credentials-answer.ts'
import type { EndpointRequest, EndpointResponse } from './exchange.ts'
import { route, type EndpointState } from './router.ts'

export async function plainAnswer(
  request: EndpointRequest,
  state: EndpointState,
  { clock, bodies }: { readonly clock: Clock; readonly bodies: CredentialsBodies },
): Promise<EndpointResponse> {
  for (const token of state.containerTokens.values()) {
    const look = token.refresh(clock())
    if (look !== undefined) await look
  }
  const routed = route(request, state, clock())
  if ('status' in routed) return routed
  try {
    const credentials = await routed.role.credentials()
    return bodies.answer(routed, credentials, routed.role.status().lastSuccessAt ?? clock())
  } catch (error) {
    if (!(error instanceof RolesAnywhereError)) throw error
    return failureAnswer(routed, error, clock())
  }
}
