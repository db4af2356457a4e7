/**
 * What is published: exactly these files, and they work where nothing else is.
 *
 * @module
 */

import { execFile, execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ARN_FLAGS, credentialsIn, openStage, type Stage } from '../support/cli-stage.ts'
import { PROFILE_ARN, ROLE_ARN, TRUST_ANCHOR_ARN } from '../support/pki-request.ts'
import { runCli, startCli } from '../support/run-cli.ts'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')

/** What Debian calls Node; the tests themselves run on the pinned one. */
const OLD_NODE = '/usr/bin/node'
const hasOldNode = existsSync(OLD_NODE) && isOlder(execFileSync(OLD_NODE, ['--version']).toString())

function isOlder(version: string): boolean {
  return Number.parseInt(version.slice(1), 10) < 24
}

let folder: string
let packed: readonly string[]
let installed: string
let stage: Stage

beforeAll(async () => {
  stage = await openStage()
  folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-pack-'))
  // Without scripts: what is packed is the dist/ that all other tests have used.
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]
  const [report] = JSON.parse((await npm(pack, ROOT)).stdout) as [
    { filename: string; files: { path: string }[] },
  ]
  packed = report.files.map(({ path }) => path)
  const consumer = join(folder, 'consumer')
  mkdirSync(consumer)
  writeFileSync(join(consumer, 'package.json'), '{ "name": "consumer", "type": "module" }')
  // An empty cache and no network: whatever is not in the tarball would be missed.
  await npm(['install', '--offline', join(folder, report.filename)], consumer)
  installed = join(consumer, 'node_modules')
})

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await stage[Symbol.asyncDispose]()
})

describe('the package', () => {
  it('holds these files at its top, and nothing else', () => {
    const top = new Set(packed.map((path) => path.split('/')[0]))
    expect([...top].toSorted()).toEqual(
      [
        ...['ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md'],
        ...['SECURITY.md', 'package.json', 'bin', 'dist', 'docs', 'examples', 'packaging'],
      ].toSorted(),
    )
  })

  it('holds no source, test, key, map or machine path', () => {
    const strangers = packed.filter(
      (path) =>
        !/^(?:bin\/[a-z-]+\.(?:m?js|json)|docs\/(?:[a-z0-9-]+\.(?:md|svg)|recipes\/[a-z-]+\.py)|examples\/[a-z0-9./-]+|packaging\/systemd\/(?:user\/)?[a-z@-]+\.[a-z]+|[A-Z]+(?:\.md)?|package\.json)$/u.test(
          path,
        ) &&
        !/^dist\/(?:(?:chunks\/)?[\w.-]+\.c?js|types\/[\w/-]+\.d\.ts|man\/man[15]\/[a-z0-9-]+\.[15]|completions\/rolesanywhere\.[a-z]+|THIRD-PARTY-LICENSES\.txt|sbom\.cdx\.json)$/u.test(
          path,
        ),
    )
    expect(strangers).toEqual([])
    const naming = packed.filter((path) => {
      const text = readFileSync(join(installed, 'rolesanywhere', path), 'utf8')
      return text.includes(ROOT) || /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\\n]+MI/u.test(text)
    })
    expect(naming).toEqual([])
  })

  it('holds everything that its README links to', () => {
    const readme = readFileSync(join(installed, 'rolesanywhere/README.md'), 'utf8')
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#\s]+)/gu)].map(([, to = '']) => to)
    expect(links.length).toBeGreaterThan(8)
    const missing = links.filter((link) => !existsSync(join(installed, 'rolesanywhere', link)))
    expect(missing).toEqual([])
  })

  it('lists what is bundled for audits', () => {
    const bom = JSON.parse(
      readFileSync(join(installed, 'rolesanywhere/dist/sbom.cdx.json'), 'utf8'),
    ) as { bomFormat: string; components: { purl: string; licenses: unknown[] }[] }
    expect(bom.bomFormat).toBe('CycloneDX')
    const undici = bom.components.find(({ purl }) => purl.startsWith('pkg:npm/undici@'))
    expect(undici?.licenses).toEqual([{ expression: 'MIT' }])
  })

  it('is installed alone: it has no dependencies', () => {
    const names = readdirSync(installed).filter((name) => !name.startsWith('.'))
    expect(names).toEqual(['rolesanywhere'])
    const manifest = JSON.parse(
      readFileSync(join(installed, 'rolesanywhere/package.json'), 'utf8'),
    ) as Record<string, unknown>
    expect(manifest).not.toHaveProperty('dependencies')
    expect(manifest['engines']).toEqual({ node: '>=24' })
  })

  it('carries the licence of every package that is bundled', () => {
    const notices = readFileSync(
      join(installed, 'rolesanywhere/dist/THIRD-PARTY-LICENSES.txt'),
      'utf8',
    )
    for (const name of ['undici', '@peculiar/x509', '@peculiar/asn1-schema', 'reflect-metadata']) {
      expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, 'mu'))
    }
  })
})

describe('the installed executable', () => {
  it('obtains credentials', async () => {
    const emulator = await stage.emulate({ tls: true })
    const { flags } = await stage.issue('client')
    const args = ['credential-process', ...flags, ...ARN_FLAGS, '--endpoint', emulator.url]
    const caBundle = stage.write('tls-ca.pem', emulator.caPem ?? '')
    const result = await runCli([...args, '--ca-bundle', caBundle], {
      launcher: [join(installed, '.bin/rolesanywhere')],
    })
    expect(credentialsIn(result)).toMatchObject({ Version: 1 })
    expect(emulator.requestCount).toBe(1)
  })

  it('is an emulator with all of its libraries, for itself', async () => {
    const launcher = [join(installed, '.bin/rolesanywhere')] as const
    const { flags } = await stage.issue('client')
    const anchor = stage.write('anchor.pem', stage.authority.certificatePem)
    const caBundle = join(stage.folder, 'emulator-ca.pem')
    const serving = startCli(
      ['emulator', '--trust-anchor', anchor, '--tls', '--tls-ca-out', caBundle],
      { launcher: [...launcher] },
    )
    const url = await new Promise((resolve) => serving.child.stdout?.once('data', resolve))
    const args = ['credential-process', ...flags, ...ARN_FLAGS, '--ca-bundle', caBundle]
    const result = await runCli([...args, '--endpoint', String(url).trim()], {
      launcher: [...launcher],
    })
    serving.child.kill('SIGTERM')
    expect(credentialsIn(result)).toMatchObject({ Version: 1 })
    expect(await serving.result).toMatchObject({ exitCode: 0 })
    expect((await serving.result).stderr).toMatch(
      /^rolesanywhere: POST \/sessions 201 accepted "CN=Throwaway Leaf" as .+\n$/u,
    )
  })
})

describe('the installed library', () => {
  it('obtains credentials by its name', async () => {
    const emulator = await stage.emulate()
    const { certificatePath, privateKeyPath } = await stage.issue('library')
    const options = {
      trustAnchorArn: TRUST_ANCHOR_ARN,
      profileArn: PROFILE_ARN,
      roleArn: ROLE_ARN,
      certificate: certificatePath,
      privateKey: privateKeyPath,
      endpoint: emulator.url,
    }
    const program = `
      import { fromRolesAnywhere, RolesAnywhereError } from 'rolesanywhere'
      const credentials = await fromRolesAnywhere(${JSON.stringify(options)})()
      const failure = await fromRolesAnywhere({ ...${JSON.stringify(options)}, privateKey: '/nonexistent/key' })()
        .catch((error) => error)
      console.log(JSON.stringify({
        ...credentials,
        left: credentials.expiration - Date.now(),
        failure: failure instanceof RolesAnywhereError && failure.code,
      }))`
    const args = ['--input-type=module', '--eval', program]
    const { stdout } = await run(process.execPath, args, { cwd: join(folder, 'consumer') })
    expect(JSON.parse(stdout)).toMatchObject({
      accessKeyId: expect.stringMatching(/^ASIA[A-Z0-9]{16}$/u) as string,
      secretAccessKey: expect.stringMatching(/^\S{40}$/u) as string,
      sessionToken: expect.stringMatching(/^\S{100,}$/u) as string,
      accountId: '111122223333',
      failure: 'ERR_CONFIG_FILE_UNREADABLE',
    })
    expect((JSON.parse(stdout) as { left: number }).left).toBeGreaterThan(3_500_000)
  })

  it('is there for require, and exports the same', async () => {
    const program = `
      const library = require('rolesanywhere')
      import('rolesanywhere').then((imported) => console.log(JSON.stringify([
        Object.keys(library).toSorted(),
        Object.keys(imported).filter((name) => !/^(default|module.exports)$/.test(name)).toSorted(),
      ])))`
    const args = ['--input-type=commonjs', '--eval', program]
    const { stdout, stderr } = await run(process.execPath, args, { cwd: join(folder, 'consumer') })
    const names = ['RolesAnywhereError', 'fromRolesAnywhere']
    expect(JSON.parse(stdout)).toEqual([names, names])
    expect(stderr).toBe('')
    const bundle = (await import(join(installed, 'rolesanywhere/dist/index.js'))) as object
    expect(Object.keys(bundle).toSorted()).toEqual(names)
  })

  it('says to an old Node which one it needs', async () => {
    const old = join(folder, 'old-node.cjs')
    const versions = `{ value: { ...process.versions, node: '20.20.2' } }`
    writeFileSync(old, `Object.defineProperty(process, 'versions', ${versions})`)
    for (const [type, program] of [
      ['module', `import 'rolesanywhere'`],
      ['commonjs', `require('rolesanywhere')`],
    ] as const) {
      const args = ['--require', old, `--input-type=${type}`, '--eval', program]
      const failing = run(process.execPath, args, { cwd: join(folder, 'consumer') })
      await expect(failing).rejects.toMatchObject({
        stderr: expect.stringContaining(
          'Error: rolesanywhere needs Node.js 24 or newer, and is running on 20.20.2',
        ) as string,
      })
    }
  })

  it.skipIf(!hasOldNode)('says so on a Node that is really old', async () => {
    const args = ['--input-type=module', '--eval', `import 'rolesanywhere'`]
    const failing = run(OLD_NODE, args, { cwd: join(folder, 'consumer') })
    await expect(failing).rejects.toMatchObject({
      stderr: expect.stringContaining('Error: rolesanywhere needs Node.js 24 or newer') as string,
    })
  })

  it('has types that a strict project accepts', { timeout: 60_000 }, async () => {
    const consumer = join(folder, 'consumer')
    writeFileSync(
      join(consumer, 'use.ts'),
      `import { fromRolesAnywhere, RolesAnywhereError, type ErrorCode } from 'rolesanywhere'
const provider = fromRolesAnywhere({
  trustAnchorArn: 'a',
  profileArn: 'b',
  roleArn: 'c',
  certificate: 'd',
})
export const when: Promise<Date> = provider().then(({ expiration }) => expiration)
export const codeOf = (error: unknown): ErrorCode | undefined =>
  error instanceof RolesAnywhereError ? error.code : undefined
// @ts-expect-error: the certificate is required
fromRolesAnywhere({ trustAnchorArn: 'a', profileArn: 'b', roleArn: 'c' })
`,
    )
    const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--lib', 'esnext']
    const types = ['--typeRoots', join(ROOT, 'node_modules/@types'), '--types', 'node']
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
    const compiling = run(process.execPath, [compiler, ...flags, ...types, 'use.ts'], {
      cwd: consumer,
    })
    const problems = await compiling.then(
      () => '',
      (error: unknown) => (error as { stdout: string }).stdout,
    )
    expect(problems).toBe('')
  })
})

async function npm(args: readonly string[], cwd: string): Promise<{ stdout: string }> {
  const cache = ['--cache', join(folder, 'npm-cache')]
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel', 'error']
  return await run('npm', [...args, ...cache, ...quiet], { cwd })
}
