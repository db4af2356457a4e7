/**
 * Runs clients through every situation of `emulator --check-client` and writes what they did to
 * fixtures/, from where `npm run docs` takes it into docs/conformance.md.
 *
 *     node scripts/check-clients.ts [--peer PATH]   PATH: an executable of AWS's own helper
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { checkClient } from '../src/emulator/check-client/check-client.ts'

const ROOT = join(import.meta.dirname, '..')

/** Ours takes everything from its environment. */
export const OURS = `'${process.execPath}' '${join(ROOT, 'bin/rolesanywhere.js')}' credential-process`

/** AWS's helper takes the same on its command line. */
function peerCommand(path: string): string {
  return [
    `'${path}' credential-process`,
    '--certificate "$ROLESANYWHERE_CERTIFICATE" --private-key "$ROLESANYWHERE_PRIVATE_KEY"',
    '${ROLESANYWHERE_INTERMEDIATES:+--intermediates "$ROLESANYWHERE_INTERMEDIATES"}',
    '--trust-anchor-arn "$ROLESANYWHERE_TRUST_ANCHOR_ARN" --profile-arn "$ROLESANYWHERE_PROFILE_ARN"',
    '--role-arn "$ROLESANYWHERE_ROLE_ARN" --endpoint "$ROLESANYWHERE_ENDPOINT"',
  ].join(' ')
}

async function observe(file: string, client: string, command: string): Promise<void> {
  const report = await checkClient({
    command,
    env: process.env,
    clock: Date.now,
    temporaryFolder: tmpdir(),
    signal: new AbortController().signal,
    onSituation: ({ id }) => {
      console.error(`${client}: ${id}`)
    },
  })
  const path = join(ROOT, 'fixtures/client-reports', file)
  writeFileSync(path, `${JSON.stringify({ ...report, client }, undefined, 2)}\n`)
}

if (process.argv[1] === import.meta.filename) {
  const { peer } = parseArgs({ options: { peer: { type: 'string' } } }).values
  await observe('rolesanywhere.json', 'rolesanywhere credential-process', OURS)
  if (peer !== undefined) {
    const version = execFileSync(peer, ['version'], { encoding: 'utf8' }).trim()
    const client = `aws_signing_helper ${version} credential-process`
    await observe('aws_signing_helper.json', client, peerCommand(peer))
  }
}
