/**
 * `emulator`: a local Roles Anywhere endpoint until it is stopped.
 *
 * stdout gets one line, its URL, once it listens; each request makes a line on stderr.
 *
 * @module
 */

import { writeFile } from 'node:fs/promises'
import { parseProfileArn, parseRoleArn } from '../../core/arn.ts'
import { startEmulator } from '../../emulator/emulator.ts'
import { parseFault } from '../../emulator/faults.ts'
import { parseLeniency } from '../../emulator/pkix/rules.ts'
import { describeRequest } from '../../emulator/request-facts.ts'
import { says, setting } from '../../core/wording.ts'
import { readSmallFile } from '../../machine/read-file.ts'
import type { Invocation } from '../invocation.ts'
import { PROGRAM } from '../reporter.ts'
import { untilStopped } from '../stopping.ts'

export async function execute(invocation: Invocation<'emulator'>): Promise<void> {
  const { settings, system } = invocation
  const anchor = await readSmallFile(settings.trustAnchor, says`${setting('trustAnchor')}`)
  const { crl, tlsCaOut } = settings
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
