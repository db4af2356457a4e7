/**
 * F7 to F13: certificates, keys, tokens and TPMs that are renewed, taken away, crafted or broken.
 *
 * @see reliability.md 6c
 * @module
 */

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FakedClock, hasFaketime } from '../support/faked-clock.ts'
import { hasCompiler, hasSoftToken } from '../support/soft-token.ts'
import { createWorld, startServe } from '../support/long-running.ts'
import { missing, problemWith, sleep, slowest, timedRun, verdictOf, type FaultRow } from './row.ts'
import { suiteRow } from './suite-row.ts'

const F7: FaultRow = {
  id: 'F7',
  what: 'certificate and key renewed while serving: half, garbage, deleted, whole; each with a refresh a minute later',
  target: 'never a mismatched pair, a refresh with the old one each time, the new pair within 15 s',
  needs: hasFaketime ? undefined : 'faketime',
  async run() {
    await using world = await createWorld()
    using clock = new FakedClock('time')
    await using serving = await startServe(world, ['--profile', 'onprem', '--debug'], clock.env)
    const answers = (): number => world.emulator.requests.length
    const leaf = join(world.folder, 'leaf.pem')
    const steps: readonly (readonly [name: string, act: () => Promise<void>])[] = [
      ['certificate alone', () => world.issue(['certificate'])],
      ['garbage', async () => writeFile(leaf, 'garbage')],
      ['deleted', async () => rm(leaf)],
    ]
    const problems: string[] = []
    for (const [name, act] of steps) {
      const before = answers()
      await act()
      // AWS is asked once a minute at most, whoever asks for it.
      clock.move(61)
      serving.child.kill('SIGHUP')
      const deadline = performance.now() + 30_000
      while (answers() === before && performance.now() < deadline) await sleep(100)
      if (answers() === before) problems.push(`${name}: no refresh with the old pair`)
    }
    const startedAt = performance.now()
    await world.issue()
    await serving.until(/identity rotated/)
    const seconds = (performance.now() - startedAt) / 1000
    const refused = world.emulator.requests.filter(({ status }) => status !== 201).length
    return {
      figure: `${answers()} requests, ${refused} refused by the verifying service, new pair after ${seconds.toFixed(1)} s${problems.map((problem) => `; ${problem}`).join('')}`,
      held: refused === 0 && problems.length === 0 && seconds <= 15,
    }
  },
}

const SETTINGS = 3
const KEY = 4

const F8: FaultRow = {
  id: 'F8',
  what: 'a FIFO, /dev/zero, a folder, 2 MB, and key-derivation bombs (PBKDF2, scrypt, PKCS#12) in place of a key',
  target: 'stdout 0 bytes, exit code 3 or 4, <= 2 s each, the bombs without any derivation',
  async run() {
    await using world = await createWorld()
    const path = (name: string): string => join(world.folder, name)
    execFileSync('mkfifo', [path('fifo')])
    writeFileSync(path('large'), Buffer.alloc(2_000_000, 'a'))
    writeFileSync(path('pbkdf2'), pbkdf2Bomb(path('leaf.key')), { mode: 0o600 })
    writeFileSync(path('scrypt'), scryptBomb(path('leaf.key')), { mode: 0o600 })
    writeFileSync(path('p12'), pkcs12Bomb(world.folder), { mode: 0o600 })
    const keys: readonly (readonly [key: string, says: RegExp])[] = [
      [path('fifo'), /named pipe/],
      ['/dev/zero', /device/],
      [world.folder, /directory/],
      [path('large'), /larger than/],
      [path('pbkdf2'), /2147483647 iterations/],
      [path('scrypt'), /scrypt with N=/],
      [path('p12'), /2147483647 iterations/],
    ]
    const runs = await Promise.all(
      keys.map(async ([key, says]) => {
        const args = ['--private-key', key, '--key-password', 'env:KEY_PASSWORD']
        const run = await timedRun(['credential-process', '--profile', 'onprem', ...args], {
          env: { ...world.env, KEY_PASSWORD: 'x' },
        })
        return { key, says, seconds: run.seconds, run }
      }),
    )
    return verdictOf(
      runs.map(({ key, says, run }) => [
        key,
        problemWith(run, { exitCodes: [SETTINGS, KEY], limit: 2, says }),
      ]),
      `, ${slowest(runs)}`,
    )
  },
}

/** An encrypted key whose iteration count is raised to 2^31 - 1, which would take half an hour. */
function pbkdf2Bomb(key: string): Buffer {
  // Four bytes of count, so that only its value has to change.
  return patched(encrypted(key, '-iter', '16777217'), '020401000001', '02047fffffff')
}

/** N and r become as large as their bytes allow: half a gigabyte. */
function scryptBomb(key: string): Buffer {
  return patched(encrypted(key, '-scrypt'), '02024000020108', '02027f0002017f')
}

function encrypted(key: string, ...args: readonly string[]): Buffer {
  const options = ['-topk8', '-in', key, '-outform', 'DER', '-passout', 'pass:x']
  return execFileSync('openssl', ['pkcs8', ...options, ...args])
}

/** The count at the end of the file, of the MAC. */
function pkcs12Bomb(folder: string): Buffer {
  const der = execFileSync(
    'openssl',
    [
      ...['pkcs12', '-export', '-in', 'leaf.pem', '-inkey', 'leaf.key', '-passout', 'pass:x'],
      // Four bytes again; nothing but the MAC is derived.
      ...['-keypbe', 'NONE', '-certpbe', 'NONE', '-iter', '8388608'],
    ],
    { cwd: folder },
  )
  return patched(der, '020400800000', '02047fffffff')
}

function patched(der: Buffer, old: string, value: string): Buffer {
  const at = der.lastIndexOf(Buffer.from(old, 'hex'))
  if (at === -1) throw new Error('what is to be changed is not where it should be')
  der.write(value, at, 'hex')
  return der
}

const MODULES = { files: ['test/faults/pkcs11-module.test.ts'], limit: 15 } as const
const forModules = hasSoftToken && hasCompiler ? undefined : 'SoftHSM, OpenSC and gcc'

const F9 = suiteRow(
  {
    id: 'F9',
    what: 'a token that goes away between and during signatures, comes back, or another in its slot',
    target: 'an error, one recovery, the next signature after its return; another token is refused',
    needs: forModules,
  },
  { ...MODULES, tests: /removal/ },
)

const F10 = suiteRow(
  {
    id: 'F10',
    what: 'wrong PIN, locked, low counter, final try, keypad, ten refreshes with a PIN that went wrong',
    target: '<= 1 C_Login for each entered PIN, none when locked, messages differ',
    needs: forModules,
  },
  { ...MODULES, tests: /PINs/ },
)

const F12 = suiteRow(
  {
    id: 'F12',
    what: 'modules that are none, hang, crash, are killed, or that others may write',
    target: 'a message that names it, cut at the deadline, nothing left running',
    needs: forModules,
  },
  { ...MODULES, tests: /modules/ },
)

const F13 = suiteRow(
  {
    id: 'F13',
    what: 'a TPM that is away, locked out, of another machine; handle absent; wrong password',
    target: 'one try for each password, each its own message, signs again when it is back',
    needs: missing('swtpm', 'tpm2_createprimary'),
  },
  {
    files: ['test/interop/tpm.test.ts'],
    tests: /locked out|absent|costs one try|goes away|another TPM|storage key cannot/,
    limit: 20,
  },
)

export const KEY_ROWS: readonly FaultRow[] = [F7, F8, F9, F10, F12, F13]
