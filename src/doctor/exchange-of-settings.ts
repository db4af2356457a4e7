/**
 * Whom to ask, and for what, by settings of which anything may be missing.
 *
 * @module
 */

import type { CreateSessionParameters } from '../core/create-session-request.ts'
import { chooseEndpoint } from '../core/endpoint.ts'
import { RolesAnywhereError } from '../core/errors.ts'
import type { Identity } from '../core/ports.ts'
import { sessionParameters } from '../core/session-parameters.ts'
import { askAws, type Exchange } from './ask-aws.ts'
import type { DoctorPorts, DoctorSettings } from './ports.ts'

/** Undefined where it is not known whom to ask. */
export async function exchangeOf(
  settings: DoctorSettings,
  identity: Identity | undefined,
  ports: DoctorPorts,
): Promise<Exchange | undefined> {
  const region = settings.region ?? settings.trustAnchorArn?.region
  if (region === undefined && settings.endpoint === undefined) return undefined
  const endpoint = unlessToldElsewhere(() =>
    chooseEndpoint({
      region: region ?? '',
      useFips: settings.useFipsEndpoint,
      useDualstack: settings.useDualstackEndpoint,
      endpointUrl: settings.endpoint?.href,
    }),
  )
  if (endpoint === undefined) return undefined
  const parameters = parametersOf(settings)
  const { timeout } = settings
  return await askAws(
    { parameters, endpoint, identity, transport: settings, platform: ports.platform },
    { ...ports, totalTimeoutMs: timeout === undefined ? undefined : timeout * 1000 },
  )
}

/** Undefined where the ARNs are missing, or told to disagree. */
function parametersOf(settings: DoctorSettings): CreateSessionParameters | undefined {
  const { trustAnchorArn, profileArn, roleArn } = settings
  if (trustAnchorArn === undefined || profileArn === undefined || roleArn === undefined) {
    return undefined
  }
  return unlessToldElsewhere(() =>
    sessionParameters({ ...settings, trustAnchorArn, profileArn, roleArn }),
  )
}

/** Settings that exclude each other, and ARNs that disagree, have checks of their own. */
function unlessToldElsewhere<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof RolesAnywhereError) return undefined
    throw error
  }
}
