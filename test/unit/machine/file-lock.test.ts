import type { Readable, Writable } from 'node:stream'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { acquireFileLock, holderOf, type FileLockPorts } from '../../../src/machine/file-lock.ts'
import { ownProcess } from '../../../src/machine/process-mark.ts'

const START = Date.parse('2026-01-01T00:00:00Z')
const NOBODY = 65_534
/** Beyond what Linux gives: no process has it. */
const DEAD = { ...ownProcess(), pid: 2 ** 22 + 1, at: START }

let folder: string
let path: string
let waits: number
let ports: FileLockPorts

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-lock-'))
  path = join(folder, 'lock')
  waits = 0
  ports = {
    clock: () => START,
    random: () => 0,
    wait: async () => {
      waits += 1
      return Promise.resolve()
    },
  }
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function put(holder: object, at = path): void {
  writeFileSync(at, JSON.stringify(holder), { mode: 0o600 })
}

const take = (patienceMs = 0): ReturnType<typeof acquireFileLock> =>
  acquireFileLock(path, { patienceMs }, ports)

describe('a lock', () => {
  it('is a file while it is held, and nothing afterwards', async () => {
    const lock = await take()
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid, at: START })
    expect(await lock?.isHeld()).toBe(true)
    expect(readdirSync(folder)).toEqual(['lock'])
    await lock?.[Symbol.asyncDispose]()
    expect(await lock?.isHeld()).toBe(false)
    expect(readdirSync(folder)).toEqual([])
  })

  it('is given up on when its holder lives and patience ends, counted and not clocked', async () => {
    await using held = await take()
    expect(held).toBeDefined()
    expect(await take(1000)).toBeUndefined()
    expect(waits).toBe(1000 / 25)
  })

  it('is had by a holder that lives, however long, when it can be looked up', async () => {
    put({ ...ownProcess(), at: 0, nonce: 'long ago' })
    expect(await take()).toBeUndefined()
    put({ ...ownProcess(), at: START * 2, nonce: 'to come' })
    expect(await take()).toBeUndefined()
  })

  it.each([
    ['a process that is gone', DEAD],
    ['another process with a re-used id', { ...ownProcess(), started: '1', at: START }],
    ['an old holder elsewhere', { ...ownProcess(), realm: 'another', at: START - 31_000 }],
    ['a holder elsewhere, from the future', { ...DEAD, realm: '', at: START + 31_000 }],
    ['nobody: a power cut took its content', 'null'],
  ])('is taken over from %s', async (_what, holder) => {
    if (typeof holder === 'string') writeFileSync(path, '')
    else put(holder)
    await using taken = await take()
    expect(taken).toBeDefined()
    expect(readdirSync(folder)).toEqual(['lock'])
  })

  it('is not taken over from a young holder elsewhere', async () => {
    put({ ...ownProcess(), realm: 'another', at: START - 29_000 })
    expect(await take()).toBeUndefined()
  })

  it('is taken over from a process that its parent never looked after', async () => {
    // The shell becomes a sleeper that does not reap the child it had; only then the child may end.
    const parent = spawn('/bin/sh', ['-c', 'head -c 1 <&3 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    })
    const comm = (): string => readFileSync(`/proc/${parent.pid}/comm`, 'utf8').trim()
    const [line] = (await once(parent.stdout as Readable, 'data')) as [Buffer]
    const pid = Number(line.toString())
    while (comm() !== 'sleep') await new Promise((resolve) => setImmediate(resolve))
    ;(parent.stdio[3] as Writable).end('x')
    const stat = (): string[] => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
    while (stat()[1]?.startsWith('Z') !== true)
      await new Promise((resolve) => setImmediate(resolve))
    put({ ...ownProcess(), pid, started: stat()[1]?.split(' ')[19], at: START })
    await using taken = await take()
    expect(taken).toBeDefined()
    parent.kill()
  })

  it('is not removed by an old holder whose lock another has by now', async () => {
    const old = await take()
    put({ ...ownProcess(), at: START, nonce: 'another' })
    expect(await old?.isHeld()).toBe(false)
    await old?.[Symbol.asyncDispose]()
    expect(readFileSync(path, 'utf8')).toContain('another')
  })

  it('ends its waiting when the signal is aborted', async () => {
    put({ ...ownProcess(), at: START, nonce: 'held' })
    const controller = new AbortController()
    const waiting = acquireFileLock(
      path,
      { patienceMs: 1000 },
      {
        ...ports,
        signal: controller.signal,
        wait: async (_ms, signal) => {
          controller.abort()
          signal?.throwIfAborted()
          return Promise.resolve()
        },
      },
    )
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_CANCELLED' })
  })
})

describe('taking over', () => {
  it('is itself exclusive: while another does it, the lock stays as it is', async () => {
    put(DEAD)
    put({ ...ownProcess(), at: START, nonce: 'removing' }, `${path}.removal`)
    expect(await take(1000)).toBeUndefined()
    expect(readFileSync(path, 'utf8')).toBe(JSON.stringify(DEAD))
  })

  it('goes on where a process was killed while it did it, however often', async () => {
    put(DEAD)
    put({ ...DEAD, nonce: 'first' }, `${path}.removal`)
    put({ ...DEAD, nonce: 'second' }, `${path}.removal.removal`)
    await using taken = await take(1000)
    expect(taken).toBeDefined()
    expect(readdirSync(folder)).toEqual(['lock'])
  })

  it('keeps a holder waiting that wants to let go, and no longer', async () => {
    ports = {
      ...ports,
      wait: async () => {
        waits += 1
        rmSync(`${path}.removal`)
        return Promise.resolve()
      },
    }
    const lock = await take()
    put({ ...ownProcess(), at: START, nonce: 'removing' }, `${path}.removal`)
    await lock?.[Symbol.asyncDispose]()
    expect(waits).toBe(1)
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('what another user has put in the place of the lock', () => {
  const laid: readonly (readonly [string, () => void])[] = [
    [
      'a file that says its holder is dead',
      () => {
        put(DEAD)
      },
    ],
    [
      'an empty file',
      () => {
        writeFileSync(path, '')
      },
    ],
    ['a FIFO', () => execFileSync('mkfifo', [path])],
    [
      'a folder',
      () => {
        mkdirSync(path)
      },
    ],
    [
      'a link to a device',
      () => {
        symlinkSync('/dev/zero', path)
      },
    ],
  ]

  it.skipIf(process.geteuid?.() !== 0).each(laid)(
    '(%s) is waited for at the usual pace, not removed, and named by its owner',
    async (_what, lay) => {
      chmodSync(folder, 0o1777)
      lay()
      lchownSync(path, NOBODY, NOBODY)
      expect(await take(1000)).toBeUndefined()
      expect(waits).toBe(1000 / 25)
      expect(readdirSync(folder)).toEqual(['lock'])
      expect(await holderOf(path)).toBe('user 65534 (nobody)')
    },
  )

  it.skipIf(process.geteuid?.() !== 0)('beside the lock, for its removal, is too', async () => {
    put(DEAD)
    put(DEAD, `${path}.removal`)
    chownSync(`${path}.removal`, NOBODY, NOBODY)
    expect(await take(1000)).toBeUndefined()
    expect(readdirSync(folder)).toEqual(['lock', 'lock.removal'])
  })
})
