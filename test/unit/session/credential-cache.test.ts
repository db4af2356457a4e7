import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { inWords } from '../../../src/core/wording.ts'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SessionCredentials } from '../../../src/core/credentials.ts'
import { RolesAnywhereError } from '../../../src/core/errors.ts'
import { entryName, readEntry, subjectText } from '../../../src/session/cache/cache-entry.ts'
import {
  clearEntries,
  listEntries,
  throughCache,
  type CachePorts,
} from '../../../src/session/cache/credential-cache.ts'
import { ServerClock } from '../../../src/session/server-clock.ts'
import { acquireFileLock } from '../../../src/machine/file-lock.ts'

const MINUTE = 60_000
const START = Date.parse('2026-01-01T00:00:00Z')
const SUBJECT = subjectText({ roleArn: 'arn:aws:iam::111122223333:role/r' })
const NAME = entryName(SUBJECT)

let folder: string
let now: number
let warnings: string[]
let ports: CachePorts

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'cache-')), 'private')
  now = START
  warnings = []
  ports = {
    serverClock: new ServerClock(
      () => now,
      () => now,
    ),
    clock: () => now,
    random: () => 0.5,
    // Waiting lets the fake clock run, and lets other tasks of this process go on.
    wait: async (ms) => {
      now += ms
      await new Promise((resolve) => setImmediate(resolve))
    },
    reporter: { warn: (message) => warnings.push(inWords(message)), debug: () => undefined },
  }
})

afterEach(() => {
  rmSync(join(folder, '..'), { recursive: true, force: true })
})

describe('the cache', () => {
  it('fetches once and then hands out the same credentials', async () => {
    let fetched = 0
    const fetch = async (): Promise<SessionCredentials> => Promise.resolve(credentials(++fetched))
    const first = await throughCache(folder, SUBJECT, fetch, ports)
    const second = await throughCache(folder, SUBJECT, fetch, ports)
    expect([first.sessionToken, second.sessionToken, fetched]).toEqual(['token-1', 'token-1', 1])
  })

  it('fetches again when 16 minutes are left, since SDKs would not keep such credentials', async () => {
    await throughCache(folder, SUBJECT, async () => Promise.resolve(credentials(1)), ports)
    now = START + 44 * MINUTE - 1
    expect((await fetchSecond()).sessionToken).toBe('token-1')
    now = START + 44 * MINUTE
    expect((await fetchSecond()).sessionToken).toBe('token-2')
  })

  it('keeps the credentials of a 15-minute session for half of their life', async () => {
    const short = credentials(1, START + 15 * MINUTE)
    await throughCache(folder, SUBJECT, async () => Promise.resolve(short), ports)
    now = START + 7 * MINUTE
    expect((await fetchSecond()).sessionToken).toBe('token-1')
    now = START + 8 * MINUTE
    expect((await fetchSecond()).sessionToken).toBe('token-2')
  })

  it('hands out old but valid credentials, with a warning, when new ones cannot be had', async () => {
    await throughCache(folder, SUBJECT, async () => Promise.resolve(credentials(1)), ports)
    now = START + 58 * MINUTE
    const kept = await throughCache(folder, SUBJECT, refuse, ports)
    expect(kept.sessionToken).toBe('token-1')
    expect(warnings).toEqual([expect.stringContaining('ERR_NETWORK_TIMEOUT')])
  })

  it('passes the failure on when the credentials it has are about to expire', async () => {
    await throughCache(folder, SUBJECT, async () => Promise.resolve(credentials(1)), ports)
    now = START + 59 * MINUTE + 1
    await expect(throughCache(folder, SUBJECT, refuse, ports)).rejects.toThrow('no answer')
  })

  it('never trusts an entry from the future', async () => {
    await throughCache(folder, SUBJECT, async () => Promise.resolve(credentials(1)), ports)
    now = START - 10 * MINUTE
    expect((await fetchSecond()).sessionToken).toBe('token-2')
  })

  it.each([2 * 60 * MINUTE, -2 * 60 * MINUTE, 35 * MINUTE, -35 * MINUTE])(
    'keeps entries in the time of AWS, where our clock is %i ms off',
    async (off) => {
      const fetch = async (): Promise<SessionCredentials> => {
        const headers = { date: new Date(now - off).toUTCString() }
        const response = { status: 201, headers, body: new Uint8Array() }
        ports.serverClock.correctBy({ response, receivedAt: now, tookMs: 0 })
        return Promise.resolve(credentials(1, START + 15 * MINUTE))
      }
      now = START + off
      await throughCache(folder, SUBJECT, fetch, ports)
      now = START + off + 7 * MINUTE
      expect((await fetchSecond()).sessionToken).toBe('token-1')
      now = START + off + 16 * MINUTE
      await expect(throughCache(folder, SUBJECT, refuse, ports)).rejects.toThrow('no answer')
    },
  )

  it('fetches again, once, when a clock that was slow is mended', async () => {
    const headers = { date: new Date(START).toUTCString() }
    const response = { status: 201, headers, body: new Uint8Array() }
    now = START - 120 * MINUTE
    ports.serverClock.correctBy({ response, receivedAt: now, tookMs: 0 })
    await throughCache(folder, SUBJECT, async () => Promise.resolve(credentials(1)), ports)
    now = START
    expect((await fetchSecond()).sessionToken).toBe('token-2')
  })

  it.each(['', '{', 'null', '[]', '{"accessKeyId":1}', '{"expiresAt":9e99}', '\0'])(
    'fetches when the entry holds %j',
    async (content) => {
      await throughCache(folder, SUBJECT, async () => Promise.resolve(credentials(1)), ports)
      writeFileSync(join(folder, `${NAME}.json`), content)
      expect((await fetchSecond()).sessionToken).toBe('token-2')
    },
  )

  it('makes a folder and files that only their owner can read, and leaves nothing else there', async () => {
    await throughCache(folder, SUBJECT, async () => Promise.resolve(credentials(1)), ports)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, `${NAME}.json`)).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder)).toEqual([`${NAME}.json`])
  })

  it('refuses a folder that others can enter, before it believes anything there', async () => {
    await throughCache(folder, SUBJECT, async () => Promise.resolve(credentials(1)), ports)
    chmodSync(folder, 0o755)
    const error: unknown = await fetchSecond().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'ERR_CONFIG_FILE_PERMISSIONS' })
  })

  it('lets one of ten fetch while the others wait for its result', async () => {
    let fetched = 0
    const fetch = async (): Promise<SessionCredentials> => {
      fetched += 1
      await ports.wait(100)
      return credentials(fetched)
    }
    const all = await Promise.all(
      Array.from({ length: 10 }, async () => throughCache(folder, SUBJECT, fetch, ports)),
    )
    expect(new Set(all.map(({ sessionToken }) => sessionToken))).toEqual(new Set(['token-1']))
    expect(fetched).toBe(1)
  })

  it('lists and clears its entries, and touches nothing of others', async () => {
    await throughCache(folder, SUBJECT, async () => Promise.resolve(credentials(1)), ports)
    writeFileSync(join(folder, 'notes.txt'), 'mine')
    expect((await listEntries(folder)).map(({ subject }) => subject)).toEqual([SUBJECT])
    expect(await clearEntries(folder)).toBe(1)
    expect(readdirSync(folder)).toEqual(['notes.txt'])
  })
})

describe('the subject of an entry', () => {
  it('differs with every part, and does not confuse parts with one another', () => {
    const subjects = [
      subjectText({ a: 'x', b: 'y' }),
      subjectText({ a: 'x', b: undefined }),
      subjectText({ a: 'x' }),
      subjectText({ a: 'xy' }),
      subjectText({ a: '', b: 'xy' }),
      subjectText({ a: 1 }),
      subjectText({ a: '1' }),
    ]
    expect(new Set(subjects).size).toBe(subjects.length)
    expect(new Set(subjects.map(entryName)).size).toBe(subjects.length)
    expect(subjectText({ b: 'y', a: 'x' })).toBe(subjects[0])
  })

  it('is compared as a whole, so that a shared file name gives nobody the credentials of another', async () => {
    await throughCache(folder, SUBJECT, async () => Promise.resolve(credentials(1)), ports)
    const path = join(folder, `${NAME}.json`)
    expect(readEntry(path, SUBJECT)).toBeDefined()
    expect(readEntry(path, subjectText({ roleArn: 'another' }))).toBeUndefined()
  })
})

describe('the lock', () => {
  it('is not taken over from a holder that lives, however long a person takes to type', async () => {
    const asked = Promise.withResolvers<undefined>()
    const done = Promise.withResolvers<SessionCredentials>()
    const slow = throughCache(
      folder,
      SUBJECT,
      async () => {
        asked.resolve(undefined)
        return done.promise
      },
      ports,
    )
    await asked.promise
    now += 2 * 60 * MINUTE
    const second = fetchSecond()
    // Three minutes of patience are more than a fetch of one minute takes.
    now += 2 * MINUTE
    done.resolve(credentials(1, START + 5 * 60 * MINUTE))
    expect((await slow).sessionToken).toBe('token-1')
    expect((await second).sessionToken).toBe('token-1')
  })

  it('is waited for only as long as nobody cancels', async () => {
    const path = join(folder, `${NAME}.lock`)
    await throughCache(folder, SUBJECT, async () => Promise.resolve(credentials(1)), ports)
    await using held = await acquireFileLock(path, { patienceMs: 0 }, ports)
    expect(held).toBeDefined()
    now = START + 50 * MINUTE
    const controller = new AbortController()
    const wait = async (): Promise<void> => {
      controller.abort()
      return Promise.reject(new Error('aborted'))
    }
    const signal = controller.signal
    const outcome = throughCache(folder, SUBJECT, refuse, { ...ports, wait, signal })
    await expect(outcome).rejects.toMatchObject({ code: 'ERR_CANCELLED' })
  })
})

async function fetchSecond(): Promise<SessionCredentials> {
  return throughCache(folder, SUBJECT, async () => Promise.resolve(credentials(2)), ports)
}

async function refuse(): Promise<SessionCredentials> {
  return Promise.reject(new RolesAnywhereError('ERR_NETWORK_TIMEOUT', 'no answer'))
}

function credentials(n: number, expiresAt = START + 60 * MINUTE): SessionCredentials {
  return new SessionCredentials({
    accessKeyId: 'ASIAEXAMPLE000000000',
    secretAccessKey: `secret-${n}`,
    sessionToken: `token-${n}`,
    accountId: '111122223333',
    roleArn: 'arn:aws:iam::111122223333:role/r',
    expiresAt,
  })
}
