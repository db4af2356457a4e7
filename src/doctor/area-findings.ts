/**
 * From what was gathered to what is found: the facts of each area, and its checks asked about them.
 *
 * @module
 */

import { describeLocation } from '../core/key-location.ts'
import { exposureOf, walk } from '../machine/ownership.ts'
import type { SettingsInspection } from '../settings/inspect-settings.ts'
import { ARN_CHECKS, ARN_FORM_CHECKS } from './arn-checks.ts'
import type { Exchange } from './ask-aws.ts'
import { CERTIFICATE_CHECKS, CERTIFICATE_PLACE_CHECKS } from './certificate-checks.ts'
import { certificateFacts } from './certificate-facts.ts'
import { CHAIN_CHECKS } from './chain-checks.ts'
import { judgeAll, skipAll, type Finding } from './check.ts'
import type { IdentityExamination } from './examine-identity.ts'
import { checkFor } from './failures.ts'
import { KEY_CHECKS, type KeyCheckFacts } from './key-checks.ts'
import { keyFacts } from './key-facts.ts'
import { NETWORK_CHECKS } from './network-checks.ts'
import type { DoctorPorts, DoctorSettings } from './ports.ts'
import { SERVICE_CHECKS } from './service-checks.ts'
import { SETTINGS_CHECKS } from './settings-checks.ts'
import { NO_TOKEN, TOKEN_CHECKS } from './token-checks.ts'

export function settingsFindings(
  inspection: SettingsInspection,
  { failures }: IdentityExamination,
  { env, uid }: DoctorPorts,
): readonly Finding[] {
  return judgeAll(SETTINGS_CHECKS, {
    inspection,
    path: env['PATH'],
    credentialVariables: CREDENTIAL_VARIABLES.filter((name) => (env[name] ?? '') !== ''),
    configExposure: exposureAt(inspection.files.config.path, uid),
    openingFailure: failures.find((failure) => checkFor(failure) === 'settings-together'),
  })
}

const CREDENTIAL_VARIABLES = ['AWS_ACCESS_KEY_ID', 'AWS_WEB_IDENTITY_TOKEN_FILE']

/** Undefined too where there is no file. */
function exposureAt(path: string | undefined, uid: number | undefined): string | undefined {
  if (path === undefined) return undefined
  try {
    const { stats, exposed } = walk(path, uid)
    if (stats === undefined) return undefined
    return exposed === undefined
      ? exposureOf(stats, uid)
      : `is reached by the ${exposed.what} ${exposed.path}, which ${exposed.problem}`
  } catch {
    // What cannot be looked at cannot be read either, and that is told by the profile.
    return undefined
  }
}

export function certificateFindings(
  { certificate }: DoctorSettings,
  { failures, leaf }: IdentityExamination,
  { clock }: DoctorPorts,
): readonly Finding[] {
  const place = certificate === undefined ? undefined : describeLocation(certificate)
  return [
    ...judgeAll(CERTIFICATE_PLACE_CHECKS, { failures, place }),
    ...(leaf === undefined
      ? skipAll(CERTIFICATE_CHECKS, 'there is no certificate to look at')
      : judgeAll(CERTIFICATE_CHECKS, { ...certificateFacts(leaf), now: clock() })),
  ]
}

export async function keyFindings(
  settings: DoctorSettings,
  { failures, identity }: IdentityExamination,
  exchange: Exchange | undefined,
): Promise<readonly Finding[]> {
  const { certificate, privateKey, signerCommand } = settings
  const place = privateKey ?? certificate
  if (place === undefined && signerCommand === undefined) {
    return skipAll(KEY_CHECKS, 'no key is named')
  }
  const facts = await keyFacts({ ...settings, privateKey: place })
  return judgeAll(KEY_CHECKS, {
    ...facts,
    failures,
    // Only what comes after pairing failed.
    isPair: identity !== undefined || failures.some((one) => AFTER_PAIRING.includes(checkFor(one))),
    place:
      signerCommand === undefined && place !== undefined ? describeLocation(place) : 'a command',
    kind: kindOf(settings),
    signed: signatureIn(exchange),
  })
}

const AFTER_PAIRING: readonly string[] = ['certificate-dates', 'chain-length', 'chain-readable']

function kindOf({ certificate, privateKey, signerCommand }: DoctorSettings): KeyCheckFacts['kind'] {
  if (signerCommand !== undefined) return 'command'
  const kind = (privateKey ?? certificate)?.kind
  if (kind === 'pkcs11') return 'token'
  return kind === 'tpm-handle' ? 'tpm' : 'file'
}

function signatureIn(exchange: Exchange | undefined): KeyCheckFacts['signed'] {
  if (exchange?.isSession !== true) return 'no'
  if (exchange.failure?.family === 'key') return exchange.failure
  return exchange.status === undefined ? 'no' : 'yes'
}

export function chainFindings(
  { failures, leaf, chain, given, nearby }: IdentityExamination,
  exchange: Exchange | undefined,
  { clock }: DoctorPorts,
): readonly Finding[] {
  if (leaf === undefined) return skipAll(CHAIN_CHECKS, 'there is no certificate to begin with')
  return judgeAll(CHAIN_CHECKS, {
    failures,
    leaf,
    chain: chain.map(certificateFacts),
    given,
    nearby,
    isUntrusted: /untrusted signing certificate/iu.test(exchange?.failure?.message ?? ''),
    now: clock(),
  })
}

export function arnFindings(
  { trustAnchorArn, profileArn, roleArn, region }: DoctorSettings,
  { problems }: SettingsInspection,
): readonly Finding[] {
  const count = [trustAnchorArn, profileArn, roleArn].filter((arn) => arn !== undefined).length
  const failures = problems.filter(({ code }) => code === 'ERR_CONFIG_ARN_INVALID')
  return [
    ...judgeAll(ARN_FORM_CHECKS, { failures, count }),
    ...(trustAnchorArn === undefined || profileArn === undefined || roleArn === undefined
      ? skipAll(ARN_CHECKS, 'not all three are there')
      : judgeAll(ARN_CHECKS, {
          trustAnchorArn,
          profileArn,
          roleArn,
          region: region ?? trustAnchorArn.region,
        })),
  ]
}

export function tokenFindings(
  { certificate, privateKey, reusePin }: DoctorSettings,
  { failures, identity, listing }: IdentityExamination,
): readonly Finding[] {
  if (certificate?.kind !== 'pkcs11' && privateKey?.kind !== 'pkcs11') {
    return skipAll(TOKEN_CHECKS, NO_TOKEN)
  }
  return judgeAll(TOKEN_CHECKS, {
    failures,
    listing,
    signer: identity?.signer,
    isCertificateThere: certificate?.kind === 'pkcs11',
    reusesPin: reusePin === true,
  })
}

export function networkFindings(
  exchange: Exchange | undefined,
  { given }: SettingsInspection,
): readonly Finding[] {
  if (exchange === undefined) return skipAll(NETWORK_CHECKS, OFFLINE)
  const from = (setting: string): string | undefined =>
    given.find(({ name }) => name === setting)?.from
  return judgeAll(NETWORK_CHECKS, {
    ...exchange,
    proxyFrom: from('proxy'),
    noProxyFrom: from('noProxy'),
  })
}

export function serviceFindings(exchange: Exchange | undefined): readonly Finding[] {
  return exchange === undefined
    ? skipAll(SERVICE_CHECKS, OFFLINE)
    : judgeAll(SERVICE_CHECKS, exchange)
}

const OFFLINE = 'only online'
