import { execFileSync } from 'node:child_process'
import { inWords } from '../../../../src/core/wording.ts'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SessionCredentials } from '../../../../src/core/credentials.ts'
import { writeProfile } from '../../../../src/outputs/credentials-file/write-profile.ts'

let folder: string
let path: string
let warnings: string[]
let pause: (ms: number) => Promise<void>

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ra-credentials-'))
  path = join(folder, 'credentials')
  warnings = []
  meanwhile = () => undefined
  whileWaiting = () => undefined
  pause = (ms) => sleep(ms)
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const uid = process.getuid?.() ?? 0

/** What another program does between our reading of the file and its replacement, and while we wait. */
let meanwhile: () => void
let whileWaiting: () => void

function write(mark = '1', to = path, profile = 'demo', as = uid): Promise<void> {
  const credentials = new SessionCredentials({
    accessKeyId: `ASIA${mark}`,
    secretAccessKey: `secret${mark}`,
    sessionToken: `token${mark}`,
    expiresAt: 0,
    accountId: '123456789012',
    roleArn: 'arn:aws:iam::123456789012:role/demo',
  })
  return writeProfile(
    { path: to, profile, credentials },
    {
      // Asked for before we have the lock, and when the file has been read.
      clock: () => {
        if (existsSync(`${to}.rolesanywhere.lock`)) meanwhile()
        return Date.now()
      },
      random: Math.random,
      wait: (ms) => {
        whileWaiting()
        return pause(ms)
      },
      reporter: { warn: (message) => warnings.push(inWords(message)), debug: () => undefined },
      uid: as,
    },
  )
}

const expected = (mark: string): string =>
  `[demo]\naws_access_key_id = ASIA${mark}\naws_secret_access_key = secret${mark}\naws_session_token = token${mark}\n`

const mode = (file: string): number => statSync(file).mode & 0o777

describe('a program that knows no locks', () => {
  const theirs = '[theirs]\naws_access_key_id = KEY\n'
  const once = (act: () => void) => () => {
    meanwhile = () => undefined
    whileWaiting = () => undefined
    act()
  }

  it('writes the file between our reading and our writing: nothing of it is lost', async () => {
    writeFileSync(path, '[old]\n', { mode: 0o600 })
    meanwhile = once(() => {
      writeFileSync(path, `[old]\n${theirs}`)
    })
    await write()
    expect(readFileSync(path, 'utf8')).toBe(`[old]\n${theirs}${expected('1')}`)
    expect(readdirSync(folder)).toEqual(['credentials'])
  })

  it('makes the file that was not there', async () => {
    meanwhile = once(() => {
      writeFileSync(path, theirs, { mode: 0o600 })
    })
    await write()
    expect(readFileSync(path, 'utf8')).toBe(theirs + expected('1'))
  })

  it('has cut the file off and not written it yet: it is waited for', async () => {
    writeFileSync(path, theirs, { mode: 0o600 })
    const fd = openSync(path, 'w')
    whileWaiting = once(() => {
      writeSync(fd, `${theirs}[more]\n`)
      closeSync(fd)
    })
    await write()
    expect(readFileSync(path, 'utf8')).toBe(`${theirs}[more]\n${expected('1')}`)
  })

  it('has left the file without an end of line: it is not waited for without end', async () => {
    writeFileSync(path, '[old]', { mode: 0o600 })
    await write()
    expect(readFileSync(path, 'utf8')).toBe(`[old]\n${expected('1')}`)
  })

  it('writes it again and again: that is said, and nothing is written', async () => {
    let round = 0
    writeFileSync(path, '', { mode: 0o600 })
    meanwhile = () => {
      writeFileSync(path, `[round ${(round += 1)}]\n`)
    }
    await expect(write()).rejects.toMatchObject({ code: 'ERR_OUTPUT_LOCKED' })
    expect(readFileSync(path, 'utf8')).toBe(`[round ${round}]\n`)
    expect(readdirSync(folder)).toEqual(['credentials'])
  })
})

describe('the file', () => {
  it('is made with mode 0600, in a folder made with mode 0700, and nothing else is left there', async () => {
    const nested = join(folder, 'home', '.aws', 'credentials')
    await write('1', nested)
    expect(readFileSync(nested, 'utf8')).toBe(expected('1'))
    expect(mode(nested)).toBe(0o600)
    expect(mode(join(folder, 'home', '.aws'))).toBe(0o700)
    expect(readdirSync(join(folder, 'home', '.aws'))).toEqual(['credentials'])
  })

  it('is narrowed to 0600 with a note when others could read it', async () => {
    writeFileSync(path, '', { mode: 0o644 })
    chmodSync(path, 0o644)
    await write()
    expect(mode(path)).toBe(0o600)
    expect(warnings.join()).toContain('0644')
  })

  it('is narrowed even when its content is the right one already', async () => {
    await write()
    chmodSync(path, 0o640)
    await write()
    expect(mode(path)).toBe(0o600)
  })

  it('is not touched when nothing changes', async () => {
    await write()
    const before = statSync(path).ino
    await write()
    expect(statSync(path).ino).toBe(before)
  })

  it('takes twenty writers at once, and loses none', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `p${index}`)
    await Promise.all(names.map((name) => write(name, path, name)))
    const text = readFileSync(path, 'utf8')
    for (const name of names) expect(text).toContain(`[${name}]\naws_access_key_id = ASIA${name}\n`)
    expect(readdirSync(folder)).toEqual(['credentials'])
  })
})

describe('places that are refused, with the old file as it was', () => {
  it.each([
    [
      'a folder',
      () => {
        mkdirSync(path)
      },
    ],
    ['a FIFO', () => execFileSync('mkfifo', [path])],
    [
      'a link to a device',
      () => {
        symlinkSync('/dev/null', path)
      },
    ],
  ])('%s', async (_what, make) => {
    make()
    await expect(write()).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_OUTPUT_UN/) as string,
    })
  })

  it('a dangling link and a loop of links', async () => {
    symlinkSync(join(folder, 'nowhere'), path)
    await expect(write()).rejects.toMatchObject({ code: 'ERR_OUTPUT_UNWRITABLE' })
    rmSync(path)
    symlinkSync(path, path)
    await expect(write()).rejects.toMatchObject({ code: 'ERR_OUTPUT_UNWRITABLE' })
  })

  it('a read-only file', async () => {
    writeFileSync(path, 'old', { mode: 0o400 })
    await expect(write()).rejects.toMatchObject({ code: 'ERR_OUTPUT_UNWRITABLE' })
    expect(readFileSync(path, 'utf8')).toBe('old')
  })

  it('a file of another user', async () => {
    writeFileSync(path, 'old')
    chmodSync(folder, 0o1777)
    await expect(write('1', path, 'demo', uid + 1)).rejects.toMatchObject({
      code: 'ERR_OUTPUT_UNSAFE',
    })
    expect(readFileSync(path, 'utf8')).toBe('old')
  })

  it('a folder that everybody may write to', async () => {
    chmodSync(folder, 0o777)
    await expect(write()).rejects.toMatchObject({ code: 'ERR_OUTPUT_UNSAFE' })
    expect(readdirSync(folder)).toEqual([])
  })

  it.each(['', 'a]b', 'a#b', 'a;b', 'a\nb', ' a', 'a\0'])('the profile name %j', async (name) => {
    await expect(write('1', path, name)).rejects.toMatchObject({ code: 'ERR_USAGE_INVALID_VALUE' })
  })
})

it('of a link the target is replaced, and the link stays', async () => {
  mkdirSync(join(folder, 'dotfiles'))
  const real = join(folder, 'dotfiles', 'credentials')
  writeFileSync(real, '[a]\nx = 1\n', { mode: 0o600 })
  symlinkSync('dotfiles/credentials', path)
  await write()
  expect(lstatSync(path).isSymbolicLink()).toBe(true)
  expect(readlinkSync(path)).toBe('dotfiles/credentials')
  expect(readFileSync(real, 'utf8')).toBe(`[a]\nx = 1\n${expected('1')}`)
})

it('drafts of killed processes are swept when old; those of the living and the young are spared', async () => {
  const dead = 4_194_303
  const draft = (pid: number): string => join(folder, `.credentials.${pid}.${'ab'.repeat(16)}.tmp`)
  const old = new Date(Date.now() - 120_000)
  for (const pid of [dead, process.pid]) {
    writeFileSync(draft(pid), 'x')
    utimesSync(draft(pid), old, old)
  }
  writeFileSync(draft(dead - 1), 'young')
  await write()
  expect(readdirSync(folder).sort()).toEqual(
    [
      'credentials',
      `.credentials.${process.pid}.${'ab'.repeat(16)}.tmp`,
      `.credentials.${dead - 1}.${'ab'.repeat(16)}.tmp`,
    ].sort(),
  )
})

it.skipIf(uid !== 0)(
  'a lock of another user is waited for at the usual pace, and he is named',
  async () => {
    chmodSync(folder, 0o1777)
    const lock = `${path}.rolesanywhere.lock`
    writeFileSync(lock, '{"pid":4194303,"at":0}')
    chownSync(lock, 65_534, 65_534)
    let waits = 0
    pause = async () => {
      waits += 1
      return Promise.resolve()
    }
    await expect(write()).rejects.toMatchObject({
      code: 'ERR_OUTPUT_LOCKED',
      message: `the lock "${lock}" is held by user 65534 (nobody), for 45 s by now`,
    })
    // Between 25 and 50 ms each.
    expect(waits).toBeGreaterThan(45_000 / 50)
    expect(waits).toBeLessThan(45_000 / 25)
    expect(readdirSync(folder)).toEqual(['credentials.rolesanywhere.lock'])
  },
)

it('a stale lock of a killed process is taken over', async () => {
  const holder = { pid: 4_194_303, started: '1', realm: 'another boot', at: Date.now() - 31_000 }
  writeFileSync(`${path}.rolesanywhere.lock`, JSON.stringify(holder))
  await write()
  expect(readFileSync(path, 'utf8')).toBe(expected('1'))
})

it.skipIf(uid !== 0)(
  'a link that another user has laid, or could lay, is not followed',
  async () => {
    const victim = join(folder, 'victim')
    writeFileSync(victim, 'root:x:0:0\n', { mode: 0o644 })
    const theirs = join(folder, 'theirs')
    mkdirSync(theirs)
    const link = join(theirs, 'credentials')
    symlinkSync(victim, link)
    chownSync(theirs, 65_534, 65_534)
    await expect(write('1', link)).rejects.toThrow(/the folder ".*theirs" belongs to user 65534/)
    chownSync(theirs, 0, 0)
    chmodSync(theirs, 0o1777)
    lchownSync(link, 65_534, 65_534)
    await expect(write('1', link)).rejects.toThrow(/the link ".*credentials" belongs to user 65534/)
    expect(readFileSync(victim, 'utf8')).toBe('root:x:0:0\n')
    expect(statSync(victim).mode & 0o777).toBe(0o644)
    lchownSync(link, 0, 0)
    await write('1', link)
    expect(readFileSync(victim, 'utf8')).toContain('[demo]')
  },
)
