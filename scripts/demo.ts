/**
 * The first minute: a throwaway PKI, a local Roles Anywhere that really verifies, and the real
 * executable getting credentials from it, once with an RSA key and once with an EC key.
 *
 * stdout carries the credentials JSON, one line for each key; stderr says what is happening.
 *
 * @module
 */

import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createAuthority, type Authority } from '../src/emulator/throwaway-pki.ts'

const EXECUTABLE = join(import.meta.dirname, '../bin/rolesanywhere.js')
const ARNS = [
  '--trust-anchor-arn',
  'arn:aws:rolesanywhere:eu-central-1:111122223333:trust-anchor/5f1e7ab0-0000-4000-8000-00000000demo',
  '--profile-arn',
  'arn:aws:rolesanywhere:eu-central-1:111122223333:profile/5f1e7ab0-0000-4000-8000-00000000demo',
  '--role-arn',
  'arn:aws:iam::111122223333:role/demo',
]

const folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-demo-'))
let emulator: ChildProcess | undefined
try {
  say('making a throwaway certification authority')
  const authority = await createAuthority({ subject: 'CN=Demo Root CA' })
  write('ca.pem', authority.certificatePem)
  const tlsCa = join(folder, 'endpoint-ca.pem')

  say('starting a local Roles Anywhere endpoint that verifies every request')
  emulator = spawn(
    process.execPath,
    [
      EXECUTABLE,
      'emulator',
      '--trust-anchor',
      join(folder, 'ca.pem'),
      '--tls',
      '--tls-ca-out',
      tlsCa,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const endpoint = await firstLine(emulator)
  say(`it listens on ${endpoint}`)

  await show(authority, 'rsa', endpoint, tlsCa)
  await show(authority, 'ec', endpoint, tlsCa)
  say('done: the same command line, without --endpoint and --ca-bundle, talks to AWS')
} finally {
  emulator?.kill('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
}

async function show(
  authority: Authority,
  keyType: 'rsa' | 'ec',
  endpoint: string,
  tlsCa: string,
): Promise<void> {
  const leaf = await authority.issue({ keyType, subject: `CN=demo-${keyType}` })
  const args = [
    'credential-process',
    ...['--certificate', write(`${keyType}.pem`, leaf.certificatePem)],
    ...['--private-key', write(`${keyType}-key.pem`, leaf.privateKeyPem)],
    ...ARNS,
    ...['--endpoint', endpoint, '--ca-bundle', tlsCa],
  ]
  say(`running: rolesanywhere ${args.join(' ')}`)
  // The caller's own AWS settings have no place in a demonstration.
  const env = { PATH: process.env['PATH'], AWS_CONFIG_FILE: join(folder, 'no-config') }
  const { status, stdout } = spawnSync(process.execPath, [EXECUTABLE, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`credential-process ended with exit code ${String(status)}`)
  process.stdout.write(stdout)
}

function write(name: string, pem: string): string {
  const path = join(folder, name)
  writeFileSync(path, pem, { mode: 0o600 })
  return path
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the emulator has no standard output')
  const lines = createInterface({ input: child.stdout })
  const ended = once(child, 'exit').then(() => {
    throw new Error('the emulator ended before it was ready')
  })
  const line = await Promise.race([once(lines, 'line'), ended])
  return String(line[0])
}

function say(text: string): void {
  process.stderr.write(`demo: ${text}\n`)
}
