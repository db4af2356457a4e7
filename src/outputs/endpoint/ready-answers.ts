/**
 * The one answer that is given over and over, kept ready: valid credentials for a container client that
 * shows the token of its path.
 *
 * It is a short cut and no second description: access is checked by the same function as ever, and every
 * request that is not plainly this one goes the way of plain-answer.ts, which would answer the same.
 *
 * @module
 */

import type { SessionCredentials } from '../../core/credentials.ts'
import { refusalFor, type AccessRules } from './check-request.ts'
import type { ContainerToken } from './container-token.ts'
import type { CredentialsBodies } from './credentials-answer.ts'
import { headOf, type EndpointRequest, type EndpointResponse } from './exchange.ts'
import type { EndpointState } from './router.ts'
import { containerPath, type ServedRole } from './served-role.ts'

interface Ready {
  readonly role: ServedRole
  readonly token: ContainerToken
  /** Of which the answer is made. */
  credentials: SessionCredentials | undefined
  answer: EndpointResponse | undefined
}

export class ReadyAnswers {
  readonly #rules: AccessRules
  readonly #bodies: CredentialsBodies
  readonly #byPath = new Map<string, Ready>()

  constructor({ rules, roles, containerTokens }: EndpointState, bodies: CredentialsBodies) {
    this.#rules = rules
    this.#bodies = bodies
    for (const role of roles) {
      const token = containerTokens.get(role.profile)
      const path = containerPath(role)
      if (token === undefined || this.#byPath.has(path)) continue
      this.#byPath.set(path, { role, token, credentials: undefined, answer: undefined })
    }
  }

  /** Undefined for a request that is to be answered the plain way. */
  find(request: EndpointRequest, now: number): EndpointResponse | undefined {
    const ready = this.#byPath.get(request.target)
    if (ready === undefined || request.method !== 'GET') return undefined
    if (refusalFor(request, this.#rules) !== undefined) return undefined
    const { role, token } = ready
    // Its file is being looked at, and may bring another one.
    if (token.refresh(now) !== undefined) return undefined
    const { authorization } = request.headers
    if (typeof authorization !== 'string' || !token.accepts(authorization, now)) return undefined
    const credentials = role.current()
    if (credentials === undefined) return undefined
    if (ready.credentials !== credentials) {
      const wanted = { role, format: 'container', headers: {} } as const
      const answer = this.#bodies.answer(wanted, credentials, now)
      ready.answer = { ...answer, head: headOf(answer) }
      ready.credentials = credentials
    }
    return ready.answer
  }
}
