/**
 * What is special about the one-file executable. Run by `npm run test:binary`, which names the file; the
 * commands themselves are tested there by the suites of the command line.
 *
 * @module
 */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ONE_FILE } from '../support/run-cli.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'executable-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe.skipIf(ONE_FILE === undefined)('the executable', () => {
  const executable = ONE_FILE ?? ''
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    spawnSync(executable, args, { env, encoding: 'utf8' })

  it('starts with the code that was compiled at the build', () => {
    // Node warns with this variable alone, when it has to compile again.
    const { stdout, stderr } = run(['version'], { NODE_DEBUG_NATIVE: 'SEA' })
    expect(stderr).not.toContain('rejected')
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/u)
  })

  it('is Node for nobody: its options and modules do not reach it', () => {
    const planted = join(folder, 'planted.cjs')
    writeFileSync(planted, "require('node:fs').writeSync(2, 'planted')")
    const env = { NODE_OPTIONS: `--require ${planted}`, NODE_PATH: folder }
    expect(run(['version'], env)).toMatchObject({ status: 0, stderr: '' })
    expect(run(['--require', planted, 'version'])).toMatchObject({ status: 2 })
    expect(run(['--eval', '1'])).toMatchObject({ status: 2 })
  })

  it('opens no debugger on SIGUSR1', async () => {
    const child = spawn(executable, ['sign-string', '--stdin', '--private-key', 'stdin'], {
      env: { NODE_OPTIONS: '--inspect-port=0' },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    await once(child, 'spawn')
    child.kill('SIGUSR1')
    child.stdin.end()
    await once(child, 'close')
    expect(stderr).not.toContain('Debugger')
  })

  it('is no host of a module without a message channel', () => {
    expect(run(['pkcs11-host'])).toMatchObject({ status: 2, stdout: '' })
  })

  it('carries the licences of Node and of everything bundled', () => {
    const { stdout } = run(['licenses'])
    for (const name of ['undici', 'koffi', 'pkcs11js', '@peculiar/x509', 'node-linux-']) {
      expect(stdout).toContain(`\n${name}`)
    }
    expect(stdout).toContain('Apache License')
  })
})

describe.skipIf(ONE_FILE === undefined || process.getuid?.() !== 0)('an addon', () => {
  it('is loaded from where code may run, and nothing is left there', () => {
    const { stdout } = inMounts('mount -t tmpfs tmpfs /dev/shm')
    expect(stdout).toContain('ERR_TOKEN_MODULE_UNUSABLE')
    expect(stdout).toMatch(/\nleft: 0\n$/u)
  })

  it('is loaded from another folder where memory is mounted with noexec', () => {
    const { stdout } = inMounts('mount -t tmpfs -o noexec tmpfs /dev/shm')
    expect(stdout).toContain('ERR_TOKEN_MODULE_UNUSABLE')
  })

  it('is refused, with advice, where code may run nowhere', () => {
    const { stdout } = inMounts(
      'mount -t tmpfs -o noexec tmpfs /dev/shm; mount -t tmpfs -o noexec tmpfs "$HOME"',
    )
    expect(stdout).toContain('ERR_TOKEN_SUPPORT_MISSING')
    expect(stdout).toContain('without noexec')
  })

  it('is never loaded from a folder that others can change', () => {
    const open = join(folder, 'open')
    mkdirSync(open, { mode: 0o777 })
    chmodSync(open, 0o777)
    const { stdout } = inMounts(
      `mount -t tmpfs -o noexec tmpfs /dev/shm; export HOME=/nonexistent/; export XDG_RUNTIME_DIR=${open}`,
    )
    expect(stdout).toContain('ERR_TOKEN_SUPPORT_MISSING')
    expect(readdirSync(open)).toEqual([])
  })
})

/**
 * Asks for a key of a library that is no module, in mounts of its own. An addon that loads gets as far as
 * finding that out.
 */
function inMounts(prepare: string): { stdout: string } {
  const home = join(folder, 'home')
  mkdirSync(home, { recursive: true })
  const module = join(folder, 'module.so')
  writeFileSync(module, 'no module', { mode: 0o600 })
  const script = `${prepare}
    "$0" sign-string --private-key pkcs11:object=key --pkcs11-lib ${module} 2>&1
    echo left: $(ls -d /dev/shm/rolesanywhere-* "$HOME"/.cache/rolesanywhere-* 2>/dev/null | wc -l)`
  return spawnSync('unshare', ['--mount', 'sh', '-c', script, ONE_FILE ?? ''], {
    env: { PATH: process.env['PATH'], HOME: home },
    encoding: 'utf8',
  })
}
