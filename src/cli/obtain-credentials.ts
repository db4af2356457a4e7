/**
 * From settings to credentials: the wiring of identity, transport, session and cache.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import type { SessionCredentials } from '../core/credentials.ts'
import type { CreateSessionParameters } from '../core/create-session-request.ts'
import { regionalEndpoint } from '../core/endpoint.ts'
import { cacheKey } from '../session/cache/cache-key.ts'
import { throughCache } from '../session/cache/credential-cache.ts'
import { cacheFolder } from './cache-folder.ts'
import type { Invocation } from './invocation.ts'

type SessionInvocation = Invocation<'credential-process'>

/** Credentials from the cache when that is asked for and has them, else from AWS. */
export async function obtainCredentials(
  invocation: SessionInvocation,
): Promise<SessionCredentials> {
  const { settings, system, reporter } = invocation
  const parameters = sessionParameters(settings)
  const fetch = async (): Promise<SessionCredentials> => {
    // Loaded late: a run that the cache can answer needs none of it.
    const { fetchCredentials } = await import('./fetch-credentials.ts')
    return await fetchCredentials(parameters, invocation)
  }
  if (!settings.cache) return await fetch()
  return await throughCache(
    cacheFolder(settings, system),
    await keyOf(parameters, settings),
    fetch,
    {
      clock: system.clock,
      random: system.random,
      wait: system.wait,
      signal: system.signal,
      reporter,
    },
  )
}

function sessionParameters(settings: SessionInvocation['settings']): CreateSessionParameters {
  const region = settings.region ?? settings.trustAnchorArn.region
  return {
    trustAnchorArn: settings.trustAnchorArn,
    profileArn: settings.profileArn,
    roleArn: settings.roleArn,
    region,
    endpoint:
      settings.endpoint ??
      regionalEndpoint({
        region,
        useFips: settings.useFipsEndpoint,
        useDualstack: settings.useDualstackEndpoint,
      }),
    durationSeconds: settings.sessionDuration,
    roleSessionName: settings.roleSessionName,
  }
}

/**
 * The certificate's own bytes are part of the key, so that a renewed one starts afresh; the private key
 * is not, since it belongs to the certificate.
 */
async function keyOf(
  parameters: CreateSessionParameters,
  settings: SessionInvocation['settings'],
): Promise<string> {
  const certificate = await readFile(settings.certificate).catch(() => undefined)
  return cacheKey({
    certificate: settings.certificate,
    certificateBytes: certificate?.toString('base64'),
    privateKey: settings.privateKey,
    trustAnchorArn: parameters.trustAnchorArn.text,
    profileArn: parameters.profileArn.text,
    roleArn: parameters.roleArn.text,
    region: parameters.region,
    endpoint: parameters.endpoint.href,
    durationSeconds: parameters.durationSeconds,
    roleSessionName: parameters.roleSessionName,
  })
}
