/**
 * `emulator`: a local Roles Anywhere endpoint until it is stopped, or with `--check-client` until a
 * client has been through every situation.
 *
 * stdout gets one line, the endpoint's URL, once it listens, or else the report; each request or
 * situation makes a line on stderr.
 *
 * @module
 */

import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { parseProfileArn, parseRoleArn } from '../../core/arn.ts'
import { RolesAnywhereError } from '../../core/errors.ts'
import { says, setting } from '../../core/wording.ts'
import { checkClient } from '../../emulator/check-client/check-client.ts'
import { reportTables } from '../../emulator/check-client/client-report.ts'
import { startEmulator } from '../../emulator/emulator.ts'
import { parseFault } from '../../emulator/faults.ts'
import { parseLeniency } from '../../emulator/pkix/rules.ts'
import { describeRequest } from '../../emulator/request-facts.ts'
import { readSmallFile } from '../../machine/read-file.ts'
import type { Invocation } from '../invocation.ts'
import { PROGRAM } from '../reporter.ts'
import { untilStopped } from '../stopping.ts'

export async function execute(invocation: Invocation<'emulator'>): Promise<void> {
  const { checkClient: command } = invocation.settings
  if (command === undefined) await serve(invocation)
  else await check(invocation, command)
}

async function serve({ settings, system }: Invocation<'emulator'>): Promise<void> {
  const { crl, tlsCaOut, trustAnchor } = settings
  if (trustAnchor === undefined) {
    throw new RolesAnywhereError(
      'ERR_USAGE_MISSING_SETTING',
      says`emulator needs ${setting('trustAnchor')}, or ${setting('checkClient')}`,
    )
  }
  const anchor = await readSmallFile(trustAnchor, says`${setting('trustAnchor')}`)
  await using emulator = await startEmulator({
    clock: system.clock,
    trustAnchors: anchor.bytes.toString('latin1'),
    revocationLists:
      crl === undefined ? undefined : (await readSmallFile(crl, says`${setting('crl')}`)).bytes,
    acceptRoleSessionName: settings.acceptRoleSessionName,
    profileDuration: settings.profileDuration,
    maxSessionDuration: settings.maxSessionDuration,
    lenient: parseLeniency(settings.lenient ?? []),
    resources: {
      trustAnchorArn: settings.trustAnchorArn?.text,
      trustAnchorEnabled: !settings.trustAnchorDisabled,
      profileArns: settings.allowProfile?.map((arn) => parseProfileArn(arn).text),
      profileEnabled: !settings.profileDisabled,
      roleArns: settings.allowRole?.map((arn) => parseRoleArn(arn).text),
    },
    tls: settings.tls,
    port: settings.port,
    faults: settings.fault?.map(parseFault),
    onRequest(facts) {
      if (!settings.quiet) system.writeMessage(`${PROGRAM}: ${describeRequest(facts)}\n`)
    },
  })
  if (tlsCaOut !== undefined && emulator.caPem !== undefined) {
    await writeFile(tlsCaOut, emulator.caPem)
  }
  await system.writeResult(`${emulator.url}\n`)
  await untilStopped(system.signal)
}

async function check({ settings, system }: Invocation<'emulator'>, command: string): Promise<void> {
  const report = await checkClient({
    command,
    env: system.env,
    clock: system.clock,
    temporaryFolder: tmpdir(),
    signal: system.signal,
    onSituation({ id, meaning }) {
      if (!settings.quiet) system.writeMessage(`${PROGRAM}: ${id}: ${meaning}\n`)
    },
  })
  await system.writeResult(
    settings.json ? `${JSON.stringify(report, undefined, 2)}\n` : reportTables(report),
  )
}
