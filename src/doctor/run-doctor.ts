/**
 * The whole examination: facts are gathered area by area, then every check is asked.
 *
 * Offline by default. Online the same opened identity asks for one session, so that no token is asked twice.
 *
 * @module
 */

import { checkArnAgreement } from '../core/arn.ts'
import { chooseEndpoint } from '../core/endpoint.ts'
import { ERROR_FAMILIES, RolesAnywhereError, type ErrorFamily } from '../core/errors.ts'
import { describeLocation } from '../core/key-location.ts'
import { sessionParameters, type SessionOptions } from '../core/session-parameters.ts'
import type { CreateSessionParameters } from '../core/create-session-request.ts'
import type { IdentityPorts } from '../identity/identity-options.ts'
import { exposureOf, walk } from '../machine/ownership.ts'
import type { Environment } from '../machine/home-folder.ts'
import type { SettingsInspection } from '../settings/inspect-settings.ts'
import type { TransportSettings } from '../transport/open-transport.ts'
import type { AreaName } from './areas.ts'
import { ARN_CHECKS, ARN_FORM_CHECKS } from './arn-checks.ts'
import { askAws, type AskingPorts, type Exchange } from './ask-aws.ts'
import { CERTIFICATE_CHECKS, CERTIFICATE_PLACE_CHECKS } from './certificate-checks.ts'
import { certificateFacts } from './certificate-facts.ts'
import { CHAIN_CHECKS } from './chain-checks.ts'
import { judgeAll, skipAll, type Finding, type Status } from './check.ts'
import {
  examineIdentity,
  type ExaminedOptions,
  type IdentityExamination,
} from './examine-identity.ts'
import { checkFor } from './failures.ts'
import { KEY_CHECKS, type KeyCheckFacts } from './key-checks.ts'
import { keyFacts } from './key-facts.ts'
import { NETWORK_CHECKS } from './network-checks.ts'
import { SERVICE_CHECKS } from './service-checks.ts'
import { SETTINGS_CHECKS } from './settings-checks.ts'
import { NO_TOKEN, TOKEN_CHECKS } from './token-checks.ts'

/** Under the names of the settings; anything may be missing. */
export type DoctorSettings = ExaminedOptions &
  TransportSettings &
  Partial<SessionOptions> & { readonly timeout?: number | undefined }

export interface DoctorOptions {
  readonly settings: DoctorSettings
  readonly inspection: SettingsInspection
  /** Whether to ask the network and AWS too. */
  readonly online: boolean
}

export interface DoctorPorts extends AskingPorts {
  readonly identity: IdentityPorts
  readonly env: Environment
  readonly platform: string
  readonly uid: number | undefined
}

export interface AreaFinding extends Finding {
  readonly area: AreaName
}

export interface DoctorReport {
  readonly findings: readonly AreaFinding[]
  readonly counts: Readonly<Record<Status, number>>
  /** 0 without a problem; else that of the family which is to be mended first. */
  readonly exitCode: number
}

export async function runDoctor(
  { settings, inspection, online }: DoctorOptions,
  ports: DoctorPorts,
): Promise<DoctorReport> {
  await using examined = await examineIdentity(settings, ports.identity)
  const exchange = online ? await ask(settings, examined, ports) : undefined
  const findings = [
    ...inArea('settings', settingsFindings(inspection, examined, ports)),
    ...inArea('certificate', certificateFindings(settings, examined, ports)),
    ...inArea('key', await keyFindings(settings, examined, exchange)),
    ...inArea('chain', chainFindings(examined, exchange, ports)),
    ...inArea('arns', arnFindings(settings, inspection)),
    ...inArea('token', tokenFindings(settings, examined)),
    ...inArea('network', networkFindings(exchange, inspection)),
    ...inArea(
      'service',
      exchange === undefined
        ? skipAll(SERVICE_CHECKS, OFFLINE)
        : judgeAll(SERVICE_CHECKS, exchange),
    ),
  ]
  return { findings, counts: countsOf(findings), exitCode: exitCodeOf(findings) }
}

const OFFLINE = 'only online'

function inArea(area: AreaName, findings: readonly Finding[]): readonly AreaFinding[] {
  return findings.map((finding) => ({ ...finding, area }))
}

function settingsFindings(
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

function certificateFindings(
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

async function keyFindings(
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

function chainFindings(
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

function arnFindings(
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

function tokenFindings(
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

function networkFindings(
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

/** Undefined where it is not known whom to ask. */
async function ask(
  settings: DoctorSettings,
  { identity }: IdentityExamination,
  ports: DoctorPorts,
): Promise<Exchange | undefined> {
  const region = settings.region ?? settings.trustAnchorArn?.region
  if (region === undefined && settings.endpoint === undefined) return undefined
  const endpoint = chooseEndpoint({
    region: region ?? '',
    useFips: settings.useFipsEndpoint,
    useDualstack: settings.useDualstackEndpoint,
    endpointUrl: settings.endpoint?.href,
  })
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
  try {
    checkArnAgreement({ trustAnchorArn, profileArn, roleArn })
    return sessionParameters({ ...settings, trustAnchorArn, profileArn, roleArn })
  } catch (error) {
    if (error instanceof RolesAnywhereError) return undefined
    throw error
  }
}

function countsOf(findings: readonly Finding[]): DoctorReport['counts'] {
  const count = (status: Status): number =>
    findings.filter((finding) => finding.status === status).length
  return {
    ok: count('ok'),
    warning: count('warning'),
    problem: count('problem'),
    skipped: count('skipped'),
  }
}

/** Families stand in the order in which they depend on each other: the first is to be mended first. */
function exitCodeOf(findings: readonly Finding[]): number {
  const hit = (family: ErrorFamily): boolean =>
    findings.some((finding) => finding.status === 'problem' && finding.family === family)
  const families = Object.keys(ERROR_FAMILIES) as ErrorFamily[]
  const worst = families.find(hit)
  return worst === undefined ? 0 : ERROR_FAMILIES[worst].exitCode
}
