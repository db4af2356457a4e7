/**
 * What may lie in the folder of the cache though we never put it there whole: damaged entries, strange
 * files, links and folders of other users, and what killed processes left.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SessionCredentials } from '../../src/core/credentials.ts'
import { entryName, readEntry, subjectText } from '../../src/session/cache/cache-entry.ts'
import { openCacheFolder } from '../../src/session/cache/cache-folder.ts'
import {
  listEntries,
  throughCache,
  type CachePorts,
} from '../../src/session/cache/credential-cache.ts'
import { ServerClock } from '../../src/session/server-clock.ts'
import { acquireFileLock } from '../../src/machine/file-lock.ts'
import { ARN_FLAGS, credentialsIn, openStage } from '../support/cli-stage.ts'
import { EXECUTABLE, runCli, type CliResult } from '../support/run-cli.ts'

const START = Date.parse('2026-01-01T00:00:00Z')
const HOUR = 3_600_000
const NOBODY = 65_534
const SUBJECT = subjectText({ roleArn: 'arn:aws:iam::111122223333:role/r' })
const NAME = entryName(SUBJECT)
const isRoot = process.getuid?.() === 0

let base: string
let folder: string
let now: number
let fetched: number
let ports: CachePorts

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'cache-faults-'))
  folder = join(base, 'private')
  now = START
  fetched = 0
  ports = {
    serverClock: new ServerClock(
      () => now,
      () => now,
    ),
    clock: () => now,
    random: () => 0.5,
    wait: async (ms) => {
      now += ms
      await new Promise((resolve) => setImmediate(resolve))
    },
    reporter: { warn: () => undefined, debug: () => undefined },
  }
})
afterEach(() => {
  rmSync(base, { recursive: true, force: true })
})

async function fetchOnce(): Promise<SessionCredentials> {
  fetched += 1
  return await Promise.resolve(
    new SessionCredentials({
      accessKeyId: 'ASIAEXAMPLE000000000',
      secretAccessKey: 'secret',
      sessionToken: `token-${fetched}`,
      expiresAt: START + HOUR,
      accountId: '111122223333',
      roleArn: 'arn:aws:iam::111122223333:role/r',
    }),
  )
}

const obtain = async (): Promise<string> =>
  (await throughCache(folder, SUBJECT, fetchOnce, ports)).sessionToken

describe('an entry', () => {
  it.each([
    ['expiresAt', Number.MAX_SAFE_INTEGER],
    ['expiresAt', Date.UTC(10_000, 0, 1)],
    ['expiresAt', -1],
    ['fetchedAt', -1],
    ['clockOffsetMs', 0.5],
  ])('with %s %d is fetched again, and not listed', async (member, value) => {
    await obtain()
    const path = join(folder, `${NAME}.json`)
    const entry = JSON.parse(readFileSync(path, 'utf8')) as object
    writeFileSync(path, JSON.stringify({ ...entry, [member]: value }))
    expect(await listEntries(folder)).toEqual([])
    expect(await obtain()).toBe('token-2')
  })

  it('that is a FIFO is replaced, and not waited for', async () => {
    mkdirSync(folder, { mode: 0o700 })
    execFileSync('mkfifo', [join(folder, `${NAME}.json`)])
    expect(await obtain()).toBe('token-1')
    expect(await obtain()).toBe('token-1')
  })
})

describe.skipIf(!isRoot)('another user', () => {
  const opened = (path: string): boolean => {
    using found = openCacheFolder(path)
    return found !== undefined
  }

  it('is not believed in a folder of his, however private it is', () => {
    mkdirSync(folder, { mode: 0o700 })
    chownSync(folder, NOBODY, NOBODY)
    expect(() => opened(folder)).toThrow(/belongs to user 65534 \(nobody\)/u)
  })

  it('is not followed over a link to a folder of ours: it may lead elsewhere tomorrow', () => {
    mkdirSync(folder, { mode: 0o700 })
    const link = join(base, 'link')
    symlinkSync(folder, link)
    expect(opened(link)).toBe(true)
    lchownSync(link, NOBODY, NOBODY)
    expect(() => opened(link)).toThrow(
      /the link ".*" on the way to the cache belongs to user 65534/u,
    )
  })

  it('is not trusted with a folder above, where he could put another in the place of ours', async () => {
    await using stage = await openStage()
    const emulator = await stage.emulate()
    const { flags } = await stage.issue('client')
    const parent = join(base, 'parent')
    mkdirSync(parent, { mode: 0o755 })
    const run = async (): Promise<CliResult> =>
      runCli([
        ...['credential-process', ...flags, ...ARN_FLAGS, '--endpoint', emulator.url],
        ...['--cache', '--cache-dir', join(parent, 'cache')],
      ])
    expect(credentialsIn(await run())).toBeDefined()
    chownSync(parent, NOBODY, NOBODY)
    const refused = await run()
    expect({ code: refused.exitCode, stdout: refused.stdout.length }).toEqual({
      code: 3,
      stdout: 0,
    })
    expect(refused.stderr).toMatch(
      /the folder ".*parent" on the way to the cache belongs to user 65534 \(nobody\) \[ERR_CONFIG_FILE_PERMISSIONS\]/u,
    )
  })

  it('plants no entry that we would believe, nor one that others could have read or is a link', async () => {
    await obtain()
    const path = join(folder, `${NAME}.json`)
    expect(readEntry(path, SUBJECT)).toBeDefined()
    chownSync(path, NOBODY, NOBODY)
    expect(readEntry(path, SUBJECT)).toBeUndefined()
    chownSync(path, 0, 0)
    chmodSync(path, 0o604)
    expect(readEntry(path, SUBJECT)).toBeUndefined()
    chmodSync(path, 0o600)
    renameSync(path, join(folder, 'elsewhere'))
    symlinkSync('elsewhere', path)
    expect(readEntry(path, SUBJECT)).toBeUndefined()
  })
})

describe('a folder that is swapped while credentials are fetched', () => {
  it('gets nothing: they are kept in the one that was looked at', async () => {
    const swapped = async (): Promise<SessionCredentials> => {
      renameSync(folder, join(base, 'aside'))
      mkdirSync(folder, { mode: 0o700 })
      return await fetchOnce()
    }
    await throughCache(folder, SUBJECT, swapped, ports)
    expect(readdirSync(folder)).toEqual([])
    expect(readdirSync(join(base, 'aside'))).toEqual([`${NAME}.json`])
  })
})

describe('drafts of killed processes', () => {
  it('are removed once no living process can be at work on them, and nothing else is', async () => {
    mkdirSync(folder, { mode: 0o700 })
    const drafts = [`${NAME}.0123456789abcdef.tmp`, `.${NAME}.lock.7.${'ab'.repeat(16)}.tmp`]
    const others = [`${NAME}.fedcba9876543210.tmp`, 'notes.0123456789abcdef.tmp', 'notes']
    for (const name of [...drafts, ...others]) writeFileSync(join(folder, name), '')
    for (const name of drafts) utimesSync(join(folder, name), START / 1000, START / 1000 - 91)
    for (const name of others) utimesSync(join(folder, name), START / 1000, START / 1000)
    await obtain()
    expect(readdirSync(folder).sort()).toEqual([`${NAME}.json`, ...others].sort())
  })
})

describe('a disk that takes no byte more', () => {
  it('takes away neither the credentials nor leaves drafts behind', async () => {
    await using stage = await openStage()
    const emulator = await stage.emulate()
    const { flags } = await stage.issue('client')
    const cache = ['--cache', '--cache-dir', folder]
    const result = await runCli(
      ['credential-process', ...flags, ...ARN_FLAGS, '--endpoint', emulator.url, ...cache],
      {
        launcher: ['/bin/sh', '-c', 'ulimit -f 0; exec "$0" "$@"', process.execPath, EXECUTABLE],
      },
    )
    expect(credentialsIn(result)).toBeDefined()
    expect(result.stderr).toMatch(/warning: the cache file .+ could not be written \(EFBIG\)/u)
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('the wait for another process', () => {
  it('ends when a fetch would have ended, and a person would have typed a PIN', async () => {
    mkdirSync(folder, { mode: 0o700 })
    await using held = await acquireFileLock(join(folder, `${NAME}.lock`), { patienceMs: 0 }, ports)
    expect(held).toBeDefined()
    await throughCache(folder, SUBJECT, fetchOnce, { ...ports, fetchMs: 3_000 })
    expect(now - START).toBeGreaterThanOrEqual(123_000)
    expect(now - START).toBeLessThan(124_000)
  })
})
