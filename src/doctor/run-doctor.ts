/**
 * The whole examination: facts are gathered once, then every check of every area is asked.
 *
 * Offline by default. Online the same opened identity asks for one session, so that no token is asked twice.
 *
 * @module
 */

import { ERROR_FAMILIES, type ErrorFamily } from '../core/errors.ts'
import type { SettingsInspection } from '../settings/inspect-settings.ts'
import {
  arnFindings,
  certificateFindings,
  chainFindings,
  keyFindings,
  networkFindings,
  serviceFindings,
  settingsFindings,
  tokenFindings,
} from './area-findings.ts'
import type { AreaName } from './areas.ts'
import type { Finding, Status } from './check.ts'
import { examineIdentity } from './examine-identity.ts'
import { exchangeOf } from './exchange-of-settings.ts'
import type { DoctorPorts, DoctorSettings } from './ports.ts'

export interface DoctorOptions {
  readonly settings: DoctorSettings
  readonly inspection: SettingsInspection
  /** Whether to ask the network and AWS too. */
  readonly online: boolean
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

/**
 * @throws {RolesAnywhereError} ERR_CANCELLED alone: every other failure is a finding.
 */
export async function runDoctor(
  { settings, inspection, online }: DoctorOptions,
  ports: DoctorPorts,
): Promise<DoctorReport> {
  await using examined = await examineIdentity(settings, ports.identity)
  const exchange = online ? await exchangeOf(settings, examined.identity, ports) : undefined
  const byArea: Readonly<Record<AreaName, readonly Finding[]>> = {
    settings: settingsFindings(inspection, examined, ports),
    certificate: certificateFindings(settings, examined, ports),
    key: await keyFindings(settings, examined, exchange),
    chain: chainFindings(examined, exchange, ports),
    arns: arnFindings(settings, inspection),
    token: tokenFindings(settings, examined),
    network: networkFindings(exchange, inspection),
    service: serviceFindings(exchange),
  }
  const findings = Object.entries(byArea).flatMap(([area, ofArea]) =>
    ofArea.map((finding) => ({ ...finding, area: area as AreaName })),
  )
  return { findings, counts: countsOf(findings), exitCode: exitCodeOf(findings) }
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
