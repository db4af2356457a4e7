import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdtempSync,
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
import {
  MAX_FILE_BYTES,
  checkPermissions,
  isUnchanged,
  readSmallFile,
} from '../../../src/machine/read-file.ts'
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

describe('readSmallFile', () => {
  it('reads a file whole, up to the cap and not a byte more', async () => {
    const exact = await readSmallFile(file('exact', Buffer.alloc(MAX_FILE_BYTES, 7)), '--x')
    expect(exact.bytes.equals(Buffer.alloc(MAX_FILE_BYTES, 7))).toBe(true)
    await expect(
      readSmallFile(file('over', Buffer.alloc(MAX_FILE_BYTES + 1)), '--x'),
    ).rejects.toMatchObject({ code: 'ERR_CONFIG_FILE_TOO_LARGE' })
  })

  it('trusts no size: files of /proc say 0 and hold something', async () => {
    const { bytes } = await readSmallFile('/proc/self/status', '--x')
    expect(bytes.toString('latin1')).toContain('VmRSS')
    await expect(readSmallFile('/proc/self/status', '--x', 100)).rejects.toMatchObject({
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
      await expect(readSmallFile(path, '--private-key')).rejects.toMatchObject({
        code: 'ERR_CONFIG_FILE_NOT_REGULAR',
        message: `"${path}" (--private-key) is ${kind}, not a file`,
      })
    }
    socket.close()
  })

  it('says which file, which setting and why when it cannot read', async () => {
    const path = file('plain', 'x')
    symlinkSync('loop', join(folder, 'loop'))
    const cases: [string, string][] = [
      [join(folder, 'absent'), 'no such file'],
      [join(path, 'below'), 'a part of the path is not a directory'],
      [join(folder, 'loop'), 'too many symbolic links'],
      [join(folder, 'n'.repeat(300)), 'the name is too long'],
      [join(folder, 'nul\0'), 'the path holds a NUL byte'],
    ]
    for (const [missing, reason] of cases) {
      await expect(readSmallFile(missing, '--certificate')).rejects.toMatchObject({
        code: 'ERR_CONFIG_FILE_UNREADABLE',
        message: `cannot read "${missing}" (--certificate): ${reason}`,
        detail: { path: missing, setting: '--certificate' },
      })
    }
  })

  it('says that it may not read a file', async () => {
    const closed = file('closed', 'x', 0)
    const isRoot = process.geteuid?.() === 0
    // Root may read everything, so it becomes another user for the moment.
    if (isRoot) process.seteuid?.(NOBODY)
    try {
      await expect(readSmallFile(closed, '--x')).rejects.toMatchObject({
        code: 'ERR_CONFIG_FILE_UNREADABLE',
        message: expect.stringContaining('permission denied') as string,
      })
    } finally {
      if (isRoot) process.seteuid?.(0)
    }
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
