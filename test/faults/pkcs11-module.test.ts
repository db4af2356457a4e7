/**
 * What modules, tokens and PINs do wrong, with calls counted by a module of ours in front of SoftHSM
 * (test/support/pkcs11-proxy.c).
 */

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { verify } from 'node:crypto'
import { chmodSync, copyFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { parsePkcs11Uri } from '../../src/core/pkcs11-uri.ts'
import type { Identity } from '../../src/core/ports.ts'
import { createAuthority } from '../../src/emulator/throwaway-pki.ts'
import type { ModuleDeadlines } from '../../src/identity/pkcs11/module/host-channel.ts'
import { RunningModules } from '../../src/identity/pkcs11/module/running-modules.ts'
import type { IdentityOptions } from '../../src/identity/identity-options.ts'
import { loadPkcs11Identity } from '../../src/identity/pkcs11/token/load-pkcs11-identity.ts'
import { findTokens } from '../../src/identity/pkcs11/token/find-tokens.ts'
import type { SecretSource } from '../../src/core/secret-source.ts'
import { placed, type Written } from '../support/places.ts'
import {
  hasCompiler,
  hasSoftToken,
  PIN,
  ProxyModule,
  SOFTHSM,
  SoftTokens,
} from '../support/soft-token.ts'
import { testPorts, type TestPorts } from '../support/token-ports.ts'

const MESSAGE = Buffer.from('message')
const CERTIFICATE = 'pkcs11:token=main;object=ec'
/** For calls that nobody is waited for in, or for those with a person: the others keep their time. */
const SHORT_CALL: ModuleDeadlines = { callMs: 1500, personMs: 60_000 }
const SHORT_SIGNATURE: ModuleDeadlines = { callMs: 60_000, personMs: 1500 }
/** Until a fact is given up that the system brings about when it gets to it; in milliseconds. */
const PATIENCE = { timeout: 20_000 }

const FLAG = { keypad: '100', countLow: '10000', finalTry: '20000', locked: '40000' }

describe.skipIf(!hasSoftToken || !hasCompiler)('tokens that fail', () => {
  let tokens: SoftTokens
  let proxy: ProxyModule

  beforeAll(async () => {
    tokens = new SoftTokens()
    const root = await createAuthority()
    tokens.addToken('main')
    const kinds = [
      ['01', 'ec', await root.issue({ keyType: 'ec' }), false],
      ['02', 'rsa', await root.issue({ keyType: 'rsa' }), false],
      ['03', 'always', await root.issue({ keyType: 'ec' }), true],
    ] as const
    for (const [id, label, { certificatePem, privateKeyPem }, alwaysAuthenticate] of kinds) {
      tokens.addCertificate('main', certificatePem, { id, label })
      tokens.addKey('main', privateKeyPem, { id, label }, { alwaysAuthenticate })
    }
    proxy = new ProxyModule(tokens)
  }, 60_000)

  afterEach(async () => {
    // What a test closed has been told to end; the next one looks for its own process.
    await expect.poll(() => hostProcesses(), PATIENCE).toEqual([])
  })

  afterAll(() => {
    tokens[Symbol.dispose]()
  })

  interface Given {
    readonly faults?: string
    readonly answers?: readonly string[]
    readonly env?: Readonly<Record<string, string>>
    readonly deadlines?: ModuleDeadlines
  }

  function world({ faults, answers, env, deadlines }: Given = {}): TestPorts {
    return testPorts({
      env: { ...tokens.env, ...proxy.env(faults), PIN, ...env },
      ...(answers !== undefined && { answers }),
      ...(deadlines !== undefined && { deadlines }),
    })
  }

  const fromEnv: SecretSource = { kind: 'env', argument: 'PIN', namedBy: 'pin' }

  async function load(ports: TestPorts, options: Written<IdentityOptions> = {}): Promise<Identity> {
    return loadPkcs11Identity(
      placed({ pkcs11Lib: proxy.path, certificate: CERTIFICATE, pin: fromEnv, ...options }),
      ports,
    )
  }

  async function signs(identity: Identity): Promise<boolean> {
    const signature = await identity.signer.sign(MESSAGE)
    return verify('sha256', MESSAGE, identity.certificate.publicKey, signature)
  }

  describe('calls are counted', () => {
    it('an identity and its signature take one login and one signature', async () => {
      for (const label of ['ec', 'rsa']) {
        await using identity = await load(world(), {
          certificate: `pkcs11:token=main;object=${label}`,
        })
        expect(await signs(identity)).toBe(true)
        expect(proxy.calls('C_Login')).toEqual(['C_Login user=1 0x0'])
        expect(proxy.calls('C_Sign')).toEqual(['C_Sign 0x0'])
      }
    })

    it('ten signatures take one login and ten signatures', async () => {
      await using identity = await load(world())
      for (let count = 0; count < 10; count += 1) expect(await signs(identity)).toBe(true)
      expect(proxy.calls('C_Login')).toHaveLength(1)
      expect(proxy.calls('C_Sign')).toHaveLength(10)
    })

    it('signatures asked for at once are made one after the other', async () => {
      await using identity = await load(world())
      const all = await Promise.all(Array.from({ length: 8 }, async () => signs(identity)))
      expect(all).toEqual(Array<boolean>(8).fill(true))
      expect(proxy.calls('C_Sign')).toHaveLength(8)
    })

    it('an always-authenticate key gets its login between SignInit and Sign', async () => {
      await using identity = await load(world(), {
        certificate: 'pkcs11:token=main;object=always',
        reusePin: true,
      })
      expect(await signs(identity)).toBe(true)
      expect([...proxy.calls('C_Login'), ...proxy.calls('C_Sign')]).toEqual([
        'C_Login user=1 0x0',
        'C_Login user=2 0x0',
        'C_Sign 0x0',
      ])
    })

    it('a token without CKM_SHA256_RSA_PKCS signs a DigestInfo, with one C_Sign', async () => {
      const [config] = Object.values(tokens.env)
      const other = tokens.file('few-mechanisms.conf', '')
      copyFileSync(config!, other)
      writeFileSync(other, '\nslots.mechanisms = CKM_RSA_PKCS,CKM_ECDSA\n', { flag: 'a' })
      await using identity = await load(world({ env: { SOFTHSM2_CONF: other } }), {
        certificate: 'pkcs11:token=main;object=rsa',
      })
      expect(await signs(identity)).toBe(true)
      expect(await signs(identity)).toBe(true)
      expect(proxy.calls('C_SignInit')).toEqual([
        'C_SignInit mechanism=0x40 0x70',
        'C_SignInit mechanism=0x1 0x0',
        'C_SignInit mechanism=0x1 0x0',
      ])
      expect(proxy.calls('C_Sign')).toHaveLength(2)
    })
  })

  describe('PINs', () => {
    it('a locked token gets no login', async () => {
      await expect(load(world({ faults: `flags=${FLAG.locked}` }))).rejects.toMatchObject({
        code: 'ERR_TOKEN_PIN_LOCKED',
      })
      expect(proxy.calls('C_Login')).toEqual([])
    })

    it('the final try is made only when that is allowed', async () => {
      await expect(load(world({ faults: `flags=${FLAG.finalTry}` }))).rejects.toMatchObject({
        code: 'ERR_TOKEN_PIN_FINAL_TRY',
        hint: expect.stringContaining('allowFinalPinTry') as string,
      })
      expect(proxy.calls('C_Login')).toEqual([])
      const ports = world({ faults: `flags=${FLAG.finalTry}` })
      await using identity = await load(ports, { allowFinalPinTry: true })
      expect(await signs(identity)).toBe(true)
      expect(proxy.calls('C_Login')).toHaveLength(1)
      expect(ports.warnings).toEqual(['this is the last PIN try of token "main"'])
    })

    it('a low counter is said, in the question too', async () => {
      const ports = world({ faults: `flags=${FLAG.countLow}`, answers: [PIN] })
      await using identity = await load(ports, { pin: undefined })
      expect(await signs(identity)).toBe(true)
      expect(ports.warnings).toEqual(['token "main" has seen a wrong PIN since its last login'])
      expect(ports.questions).toEqual(['PIN of token "main" (few tries left): '])
    })

    it('a wrong PIN that nobody typed is sent once', async () => {
      const failure = load(world({ env: { PIN: 'wrong-pin' } }))
      await expect(failure).rejects.toMatchObject({
        code: 'ERR_TOKEN_PIN_INCORRECT',
        message: expect.stringMatching(/\(from pin\)$/u) as string,
      })
      expect(proxy.calls('C_Login')).toEqual(['C_Login user=1 0xa0'])
    })

    it('a PIN that was refused is not sent again when the identity is loaded anew', async () => {
      const ports = world({ env: { PIN: '9876' } })
      for (let round = 0; round < 3; round += 1) {
        await expect(load(ports)).rejects.toMatchObject({ code: 'ERR_TOKEN_PIN_INCORRECT' })
      }
      expect(proxy.calls('C_Login')).toEqual(['C_Login user=1 0xa0'])
      await using identity = await load({ ...ports, secrets: world().secrets })
      expect(await signs(identity)).toBe(true)
    })

    it('a person may try again, but the same wrong PIN is not sent twice', async () => {
      const ports = world({ answers: ['wrong', 'wrong', PIN] })
      await using identity = await load(ports, { pin: undefined })
      expect(await signs(identity)).toBe(true)
      expect(proxy.calls('C_Login')).toEqual(['C_Login user=1 0xa0', 'C_Login user=1 0x0'])
      expect(ports.told).toHaveLength(2)
      expect(ports.told[1]).toContain('not sent again')
    })

    it('a person is asked three times at most', async () => {
      const ports = world({ answers: ['wrong 1', 'wrong 2', 'wrong 3', PIN] })
      await expect(load(ports, { pin: undefined })).rejects.toMatchObject({
        code: 'ERR_TOKEN_PIN_INCORRECT',
      })
      expect(proxy.calls('C_Login')).toHaveLength(3)
      expect(JSON.stringify([ports.told, ports.warnings])).not.toMatch(/wrong [123]/u)
    })

    it('ten refreshes with a PIN that became wrong make one login', async () => {
      const path = tokens.file('pin', PIN)
      const pin: SecretSource = { kind: 'file', argument: path, namedBy: 'pin' }
      await using identity = await load(world({ faults: 'fail=C_Sign:32:100' }), { pin })
      writeFileSync(path, 'changed')
      for (let count = 0; count < 10; count += 1) {
        await expect(identity.signer.sign(MESSAGE)).rejects.toMatchObject({
          code: 'ERR_TOKEN_PIN_INCORRECT',
        })
      }
      expect(proxy.calls('C_Login')).toEqual(['C_Login user=1 0x0', 'C_Login user=1 0xa0'])
      writeFileSync(path, PIN)
      await expect(identity.signer.sign(MESSAGE)).rejects.toMatchObject({
        code: 'ERR_TOKEN_NOT_FOUND',
      })
    })

    it('a wrong PIN for a signature is sent once', async () => {
      const options = { certificate: 'pkcs11:token=main;object=always', pin: undefined }
      const ports = world({ answers: [PIN, 'wrong'] })
      await using identity = await load(ports, options)
      await expect(identity.signer.sign(MESSAGE)).rejects.toMatchObject({
        code: 'ERR_TOKEN_PIN_REQUIRED',
      })
      expect(proxy.calls('C_Login')).toEqual(['C_Login user=1 0x0', 'C_Login user=2 0xa0'])
      expect(proxy.calls('C_Sign')).toEqual([])
    })

    it('a token with a keypad gets a NULL PIN, and nobody is asked', async () => {
      const ports = world({ faults: `keypad,flags=${FLAG.keypad}` })
      await using identity = await load(ports, { pin: undefined })
      expect(await signs(identity)).toBe(true)
      expect(ports.questions).toEqual([])
      expect(ports.told).toEqual(['enter the PIN of token "main" on its reader'])
      expect(proxy.calls('C_Login')).toEqual(['C_Login user=1 0x0'])
    })
  })

  describe('modules', () => {
    it('one that hangs in C_Initialize is cut at the deadline', async () => {
      await expect(
        load(world({ faults: 'hang=C_Initialize', deadlines: SHORT_CALL })),
      ).rejects.toMatchObject({
        code: 'ERR_TOKEN_TIMEOUT',
        detail: { operation: 'open', timeoutMs: SHORT_CALL.callMs },
      })
      // It was killed, but the system may take its time to end it.
      await expect.poll(() => hostProcesses(), PATIENCE).toEqual([])
    })

    it('one that crashes in C_Initialize is named', async () => {
      await expect(load(world({ faults: 'crash=C_Initialize' }))).rejects.toMatchObject({
        code: 'ERR_TOKEN_MODULE_CRASHED',
        message: expect.stringContaining('SIGSEGV') as string,
      })
    })

    it('one that crashes while it signs fails that signature only', async () => {
      await using identity = await load(world({ faults: 'crash=C_Sign:1' }))
      await expect(identity.signer.sign(MESSAGE)).rejects.toMatchObject({
        code: 'ERR_TOKEN_MODULE_CRASHED',
      })
      expect(await signs(identity)).toBe(true)
    })

    it('one that hangs while it signs fails that signature only', async () => {
      await using identity = await load(
        world({ faults: 'hang=C_Sign:1', deadlines: SHORT_SIGNATURE }),
      )
      await expect(identity.signer.sign(MESSAGE)).rejects.toMatchObject({
        code: 'ERR_TOKEN_TIMEOUT',
      })
      expect(await signs(identity)).toBe(true)
    })

    it('a killed process is replaced at the next signature', async () => {
      await using identity = await load(world())
      expect(await signs(identity)).toBe(true)
      const [pid] = hostProcesses()
      process.kill(pid!, 'SIGKILL')
      await expect.poll(() => isReaped(pid!), PATIENCE).toBe(true)
      expect(await signs(identity)).toBe(true)
      expect(hostProcesses()).not.toContain(pid)
    })

    it('a signature that is cancelled ends at once, and the next one works', async () => {
      await using identity = await load(world({ faults: 'hang=C_Sign:1' }))
      const cancel = new AbortController()
      const pending = identity.signer.sign(MESSAGE, { signal: cancel.signal })
      await expect.poll(() => proxy.calls('C_Sign'), PATIENCE).toHaveLength(1)
      cancel.abort()
      await expect(pending).rejects.toMatchObject({ code: 'ERR_CANCELLED' })
      expect(await signs(identity)).toBe(true)
    })

    it('a slow signature leaves the event loop free and asks for a touch', async () => {
      const ports = world({ faults: 'delay=C_Sign' })
      await using identity = await load(ports)
      let turns = 0
      const counter = setInterval(() => (turns += 1), 10)
      expect(await signs(identity)).toBe(true)
      clearInterval(counter)
      expect(turns).toBeGreaterThan(10)
      expect(ports.told).toEqual(['touch the token "main" if it blinks'])
    })

    it('one that hangs ends with a parent that is killed', async () => {
      const { url } = import.meta
      const source = new URL('../../src/identity/pkcs11/module/module-process.ts', url).href
      const { secrets } = world({ faults: 'hang=C_Initialize' })
      const parent = spawn(
        process.execPath,
        [
          ...['--input-type=module', '--eval'],
          `import { ModuleProcess } from ${JSON.stringify(source)}
           await ModuleProcess.start({ path: ${JSON.stringify(proxy.path)}, env: process.env })`,
        ],
        { env: secrets.env, stdio: 'ignore' },
      )
      await expect.poll(() => proxy.calls('C_Initialize'), PATIENCE).toHaveLength(1)
      const [pid] = hostProcesses(parent.pid)
      expect(pid).toBeTypeOf('number')
      parent.kill('SIGKILL')
      await expect.poll(() => isRunning(pid!), PATIENCE).toBe(false)
    })

    it('one that fails to list its slots hides no other', async () => {
      const source = tokens.file('broken.c', BROKEN_MODULE)
      const broken = join(tokens.folder, 'broken.so')
      execFileSync('gcc', ['-shared', '-fPIC', '-o', broken, source])
      const { secrets, reporter } = world()
      await using running = new RunningModules({ env: secrets.env, reporter })
      const group = [broken, SOFTHSM].map((path) => ({ path, origin: 'test' }))
      const found = await findTokens(
        parsePkcs11Uri('pkcs11:token=main'),
        { groups: [group], isExplicit: false, rejected: [] },
        running,
      )
      expect(found.map(({ slot }) => slot.token.label)).toEqual(['main'])
      expect(running.failures).toMatchObject([{ code: 'ERR_TOKEN_FAILED' }])
      await expect(load(world(), { pkcs11Lib: broken })).rejects.toMatchObject({
        code: 'ERR_TOKEN_FAILED',
      })
    })

    it('a module that is closed leaves no process', async () => {
      {
        await using identity = await load(world())
        expect(await signs(identity)).toBe(true)
        expect(hostProcesses()).toHaveLength(1)
      }
      expect(proxy.calls('C_Finalize')).toEqual(['C_Finalize 0x0'])
      await expect.poll(() => hostProcesses(), PATIENCE).toEqual([])
    })
  })

  describe('removal', () => {
    it.each([
      ['CKR_DEVICE_REMOVED', '32'],
      ['CKR_SESSION_HANDLE_INVALID', 'b3'],
      ['CKR_TOKEN_NOT_PRESENT', 'e0'],
      ['CKR_OPERATION_ACTIVE', '90'],
    ])('%s is recovered from within the signature', async (_name, rv) => {
      await using identity = await load(world({ faults: `fail=C_Sign:${rv}:1` }))
      expect(await signs(identity)).toBe(true)
      expect(proxy.calls('C_Initialize')).toHaveLength(2)
      expect(proxy.calls('C_Login')).toHaveLength(2)
    })

    it('a failure that lasts is reported after one recovery', async () => {
      await using identity = await load(world({ faults: 'fail=C_Sign:32' }))
      await expect(identity.signer.sign(MESSAGE)).rejects.toMatchObject({
        code: 'ERR_TOKEN_NOT_FOUND',
        detail: { rvName: 'CKR_DEVICE_REMOVED' },
      })
      expect(proxy.calls('C_Sign')).toHaveLength(2)
    })

    it('tokens that go away and come back', async () => {
      const away = `${tokens.tokens}-away`
      await using identity = await load(world(), { pkcs11Lib: SOFTHSM })
      expect(await signs(identity)).toBe(true)
      renameSync(tokens.tokens, away)
      try {
        // SoftHSM does not start without its folder; nothing waits for a deadline.
        const code = 'ERR_TOKEN_MODULE_UNUSABLE'
        await expect(identity.signer.sign(MESSAGE)).rejects.toMatchObject({ code })
        await expect(identity.signer.sign(MESSAGE)).rejects.toMatchObject({ code })
      } finally {
        renameSync(away, tokens.tokens)
      }
      expect(await signs(identity)).toBe(true)
    })

    it('another token of the same name is not taken for it', async () => {
      using others = new SoftTokens()
      others.addToken('main')
      const away = `${tokens.tokens}-away`
      await using identity = await load(world(), { pkcs11Lib: SOFTHSM })
      renameSync(tokens.tokens, away)
      renameSync(others.tokens, tokens.tokens)
      try {
        await expect(identity.signer.sign(MESSAGE)).rejects.toMatchObject({
          code: 'ERR_TOKEN_NOT_FOUND',
          message: expect.stringMatching(/is not present; there is "main"/u) as string,
        })
      } finally {
        renameSync(tokens.tokens, others.tokens)
        renameSync(away, tokens.tokens)
      }
      expect(await signs(identity)).toBe(true)
    })
  })

  describe('files that are no modules', () => {
    const rejection = async (library: string): Promise<unknown> =>
      load(world(), { pkcs11Lib: library }).catch((error: unknown) => error)

    it.each([
      ['/etc/passwd', /not a shared library/u],
      ['/nonexistent/module.so', /no such file/u],
      ['/usr/lib', /not a regular file/u],
    ])('%s', async (library, words) => {
      expect(await rejection(library)).toMatchObject({
        code: 'ERR_TOKEN_MODULE_UNUSABLE',
        message: expect.stringMatching(words) as string,
      })
    })

    it('a library without C_GetFunctionList', async () => {
      const library = join(tokens.folder, 'empty.so')
      const source = tokens.file('empty.c', 'int nothing;\n')
      execFileSync('gcc', ['-shared', '-fPIC', '-o', library, source])
      expect(await rejection(library)).toMatchObject({
        code: 'ERR_TOKEN_MODULE_UNUSABLE',
        message: expect.stringMatching(/not a PKCS#11 module/u) as string,
      })
    })

    it('a module that others may write, or in a folder that they may', async () => {
      const library = join(tokens.folder, 'open.so')
      copyFileSync(SOFTHSM, library)
      chmodSync(library, 0o666)
      expect(await rejection(library)).toMatchObject({
        code: 'ERR_TOKEN_MODULE_UNUSABLE',
        message: expect.stringMatching(/can be written by every user/u) as string,
      })
      chmodSync(library, 0o644)
      chmodSync(tokens.folder, 0o777)
      try {
        expect(await rejection(library)).toMatchObject({
          message: expect.stringMatching(/could replace the module/u) as string,
        })
      } finally {
        chmodSync(tokens.folder, 0o700)
      }
    })

    it('a relative module-path, and a module-name with a slash', async () => {
      for (const query of ['module-path=softhsm/libsofthsm2.so', 'module-name=..%2Flibsofthsm2']) {
        const certificate = `${CERTIFICATE}?${query}`
        await expect(load(world(), { pkcs11Lib: undefined, certificate })).rejects.toMatchObject({
          code: 'ERR_TOKEN_MODULE_UNUSABLE',
        })
      }
    })
  })

  it('module-path and module-name of a URI choose the module', async () => {
    for (const query of [`module-path=${SOFTHSM}`, 'module-name=SoftHSM2']) {
      const certificate = `${CERTIFICATE}?${query}`
      await using identity = await load(world(), { pkcs11Lib: undefined, certificate })
      expect(await signs(identity)).toBe(true)
    }
  })
})

/** Whether Node has been told of the end of its child. */
function isReaped(pid: number): boolean {
  try {
    return !process.kill(pid, 0)
  } catch {
    return true
  }
}

/** Not even as a process that nobody has waited for, which is what orphans are in some containers. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', `${pid}`])
  return /^[^Z]/u.test(stdout.toString().trim())
}

/** Initialises, and then fails every call. */
const BROKEN_MODULE = `
  #include <string.h>
  static struct { unsigned char version[2]; void *call[68]; } list = { { 2, 40 }, { 0 } };
  static unsigned long initialise(void *arguments) { return 0; }
  static unsigned long info(char *to) { memset(to, 0, 88); return 0; }
  static unsigned long fail(void) { return 5; }
  unsigned long C_GetFunctionList(void **to) {
    for (int index = 0; index < 68; index++) list.call[index] = fail;
    list.call[0] = initialise;
    list.call[2] = info;
    *to = &list;
    return 0;
  }`

/** Our children that hold a module. */
function hostProcesses(parent = process.pid): readonly number[] {
  const listed = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', `${parent}`]).toString()
  return listed
    .split('\n')
    .filter((line) => line.includes('host-process') && !line.includes('<defunct>'))
    .map((line) => Number.parseInt(line, 10))
}
