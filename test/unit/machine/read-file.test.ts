import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readAtMost } from '../../../src/machine/bounded-read.ts'
import {
  MAX_FILE_BYTES,
  checkPermissions,
  isUnchanged,
  readSmallFile,
  readSmallFileSync,
} from '../../../src/machine/read-file.ts'
import { says, setting, type Wording } from '../../../src/core/wording.ts'
import { recordingPorts } from '../identity/recording-ports.ts'

const NOBODY = 65_534

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-read-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

function file(name: string, content: string | Uint8Array, mode = 0o600): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  chmodSync(path, mode)
  return path
}

/** Both faces of the reader, which must not differ. */
const FACES = [
  { face: 'readSmallFile', read: readSmallFile },
  {
    face: 'readSmallFileSync',
    read: (path: string, named: Wording, maxBytes = MAX_FILE_BYTES) =>
      Promise.try(() => readSmallFileSync(path, named, { maxBytes })),
  },
]

describe.each(FACES)('$face', ({ read }) => {
  it('reads a file whole, up to the cap and not a byte more', async () => {
    const exact = await read(file('exact', Buffer.alloc(MAX_FILE_BYTES, 7)), '--x')
    expect(exact.bytes.equals(Buffer.alloc(MAX_FILE_BYTES, 7))).toBe(true)
    await expect(read(file('over', Buffer.alloc(MAX_FILE_BYTES + 1)), '--x')).rejects.toMatchObject(
      { code: 'ERR_CONFIG_FILE_TOO_LARGE' },
    )
  })

  it('trusts no size: files of /proc say 0 and hold something', async () => {
    const { bytes } = await read('/proc/self/status', '--x')
    expect(bytes.toString('latin1')).toContain('VmRSS')
    await expect(read('/proc/self/status', '--x', 100)).rejects.toMatchObject({
      code: 'ERR_CONFIG_FILE_TOO_LARGE',
    })
  })

  it('refuses what is no file by its kind, and does not wait for it', async () => {
    const fifo = join(folder, 'fifo')
    execFileSync('mkfifo', [fifo])
    const socket = createServer().listen(join(folder, 'socket'))
    await once(socket, 'listening')
    const cases: [string, string][] = [
      [fifo, 'a named pipe'],
      [join(folder, 'socket'), 'a socket'],
      [folder, 'a directory'],
      ['/dev/zero', 'a device'],
      ['/dev/null', 'a device'],
    ]
    for (const [path, kind] of cases) {
      await expect(read(path, '--private-key')).rejects.toMatchObject({
        code: 'ERR_CONFIG_FILE_NOT_REGULAR',
        message: `"${path}" (--private-key) is ${kind}, not a file`,
        hint: expect.stringMatching(
          kind === 'a named pipe' ? /by cmd:COMMAND or fd:N$/u : /with --private-key$/u,
        ) as string,
      })
    }
    socket.close()
  })

  it('says which file, which setting and why when it cannot read', async () => {
    const path = file('plain', 'x')
    symlinkSync('loop', join(folder, 'loop'))
    const cases: [string, string][] = [
      [join(folder, 'absent'), 'no such file'],
      [join(path, 'below'), 'a part of the path is not a folder'],
      [join(folder, 'loop'), 'too many symbolic links'],
      [join(folder, 'n'.repeat(300)), 'the name is too long'],
      [join(folder, 'nul\0'), 'the path holds a NUL byte'],
    ]
    for (const [missing, reason] of cases) {
      await expect(read(missing, '--certificate')).rejects.toMatchObject({
        code: 'ERR_CONFIG_FILE_UNREADABLE',
        message: `cannot read "${missing}" (--certificate): ${reason}`,
        detail: { path: missing, setting: '--certificate' },
      })
    }
  })

  it('names a setting, which the reader of the message knows by a name of its own', async () => {
    const error: unknown = await read(folder, says`${setting('privateKey')}`).catch(
      (reason: unknown) => reason,
    )
    expect(error).toMatchObject({
      message: `"${folder}" (privateKey) is a directory, not a file`,
      setting: 'privateKey',
      detail: { setting: 'privateKey' },
    })
  })

  it('says that it may not read a file', async () => {
    const closed = file('closed', 'x', 0)
    const isRoot = process.geteuid?.() === 0
    // Root may read everything, so it becomes another user for the moment.
    if (isRoot) process.seteuid?.(NOBODY)
    try {
      await expect(read(closed, '--x')).rejects.toMatchObject({
        code: 'ERR_CONFIG_FILE_UNREADABLE',
        message: expect.stringContaining('permission denied') as string,
      })
    } finally {
      if (isRoot) process.seteuid?.(0)
    }
  })
})

describe('readAtMost', () => {
  it('grows with what it reads, since a size may be too small', async () => {
    const content = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251))
    const path = file('grown', content)
    const upTo = async (maxBytes: number): Promise<Buffer | undefined> => {
      const fd = openSync(path, 'r')
      try {
        return await readAtMost(fd, maxBytes)
      } finally {
        closeSync(fd)
      }
    }
    expect((await upTo(100_000))?.equals(content)).toBe(true)
    expect(await upTo(99_999)).toBeUndefined()
  })
})

describe('isUnchanged', () => {
  it('sees a file replaced, rewritten, and removed', async () => {
    const path = file('a', 'first')
    const before = await readSmallFile(path, '--x')
    expect(await isUnchanged(before)).toBe(true)
    renameSync(file('b', 'other'), path)
    expect(await isUnchanged(before)).toBe(false)
    const after = await readSmallFile(path, '--x')
    writeFileSync(path, 'longer than before')
    expect(await isUnchanged(after)).toBe(false)
    rmSync(path)
    expect(await isUnchanged(after)).toBe(false)
  })

  it('sees a link that leads elsewhere, as Kubernetes rotates', async () => {
    file('one', 'same')
    file('two', 'same')
    const link = join(folder, 'link')
    symlinkSync('one', link)
    const before = await readSmallFile(link, '--x')
    rmSync(link)
    symlinkSync('two', link)
    expect(readFileSync(link, 'utf8')).toBe('same')
    expect(await isUnchanged(before)).toBe(false)
  })
})

describe('checkPermissions', () => {
  it.each([
    [0o600, false],
    [0o400, false],
    [0o700, false],
    [0o640, true],
    [0o644, true],
    [0o602, true],
    [0o440, true],
  ])('mode %o', async (mode, isOpen) => {
    const content = await readSmallFile(file('key', 'k', mode), '--private-key')
    const ports = recordingPorts()
    checkPermissions(content, 'private key', ports)
    expect(ports.warnings.length).toBe(isOpen ? 1 : 0)
    const strict = (): void => {
      checkPermissions(content, 'private key', { ...ports, strictPermissions: true })
    }
    if (!isOpen) {
      expect(strict).not.toThrow()
      return
    }
    const octal = mode.toString(8).padStart(4, '0')
    expect(ports.warnings[0]).toContain(`"${content.path}" is open to other users (mode ${octal})`)
    expect(strict).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_FILE_PERMISSIONS' }) as Error,
    )
  })
})
