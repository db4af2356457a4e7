/**
 * From settings to credentials: the wiring of identity, transport, session and cache.
 *
 * @module
 */

import { readFileSync, statSync } from 'node:fs'
import type { SessionCredentials } from '../core/credentials.ts'
import type { CreateSessionParameters } from '../core/create-session-request.ts'
import { describeLocation } from '../core/key-location.ts'
import { says, setting } from '../core/wording.ts'
import { sessionParameters } from '../core/session-parameters.ts'
import {
  entryName,
  isFresh,
  readEntry,
  subjectText,
  type CacheEntry,
  type CacheSubject,
} from '../session/cache/cache-entry.ts'
import { openCacheFolder } from '../session/cache/cache-folder.ts'
import { ServerClock } from '../session/server-clock.ts'
import { cacheFolder } from './private-folders.ts'
import type { SessionInvocation } from './invocation.ts'

/**
 * Credentials from the cache when that is asked for and has them, else from AWS.
 *
 * A certificate that does not come from a file is known only once it has been read, which is the
 * work that the cache is there to save. `env:CERTIFICATE` may be another one in every run, so such runs
 * go without the cache. A token's certificate is known by its URI: a PIN or a touch for every run is what
 * the cache is there to save.
 */
export async function obtainCredentials(
  invocation: SessionInvocation,
): Promise<SessionCredentials> {
  const { settings, system, reporter } = invocation
  const parameters = sessionParameters(settings)
  const serverClock = new ServerClock(system.clock, system.monotonic)
  const fetch = async (): Promise<SessionCredentials> => {
    // Loaded late: a run that the cache can answer needs none of it.
    const { fetchCredentials } = await import('./fetch-credentials.ts')
    return await fetchCredentials(parameters, invocation, serverClock)
  }
  if (!settings.cache) return await fetch()
  const place = settings.certificate
  const certificate = place.kind === 'path' ? bytesOf(place.path) : undefined
  if (certificate === undefined && place.kind !== 'pkcs11') {
    const credentials = await fetch()
    reporter.warn(
      says`${setting('cache')} has no effect: the certificate does not come from a file`,
      { hint: says`give ${setting('certificate')} the path of a file, or leave the cache out` },
    )
    return credentials
  }
  const folder = cacheFolder(settings, system)
  const subject = subjectText(subjectOf(parameters, settings, certificate))
  const found = findEntry(folder, subject)
  if (found !== undefined && isFresh(found, system.clock())) {
    reporter.debug('cache hit', { expiration: found.credentials.expiration })
    return found.credentials
  }
  const { throughCache } = await import('../session/cache/credential-cache.ts')
  const { clock, monotonic, random, wait, signal } = system
  const fetchMs = settings.timeout === undefined ? undefined : settings.timeout * 1000
  const ports = { serverClock, clock, monotonic, random, wait, signal, reporter, fetchMs }
  return await throughCache(folder, subject, fetch, ports)
}

function findEntry(folder: string, subject: string): CacheEntry | undefined {
  using opened = openCacheFolder(folder)
  return opened && readEntry(`${opened.path}/${entryName(subject)}.json`, subject)
}

/**
 * The bytes of a certificate file belong to the subject, so that a renewed one starts afresh; the private
 * key does not, since it belongs to the certificate. A PIN in a URI stays out.
 */
function subjectOf(
  parameters: CreateSessionParameters,
  settings: SessionInvocation['settings'],
  certificateBytes: Buffer | undefined,
): CacheSubject {
  const { certificate, privateKey, certSelector, useLatestExpiringCertificate, noVerifySsl } =
    settings
  return {
    certificate: describeLocation(certificate),
    certificateBytes: certificateBytes?.toString('base64'),
    privateKey: privateKey === undefined ? undefined : describeLocation(privateKey),
    certSelector,
    // A file of several certificates may stand for several identities.
    choice: useLatestExpiringCertificate ? 'latest' : undefined,
    // What may have come from anyone is not handed to runs that verify.
    verification: noVerifySsl ? 'none' : undefined,
    trustAnchorArn: parameters.trustAnchorArn.text,
    profileArn: parameters.profileArn.text,
    roleArn: parameters.roleArn.text,
    region: parameters.region,
    endpoint: parameters.endpoint.href,
    durationSeconds: parameters.durationSeconds,
    roleSessionName: parameters.roleSessionName,
  }
}

/** Undefined for what is no small file: the loader of identities will say what is wrong with it. */
function bytesOf(path: string): Buffer | undefined {
  try {
    const stats = statSync(path)
    return stats.isFile() && stats.size < MAX_CERTIFICATE_BYTES ? readFileSync(path) : undefined
  } catch {
    return undefined
  }
}

const MAX_CERTIFICATE_BYTES = 262_144
