import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { SessionCredentials } from '../../../src/core/credentials.ts'
import { inWords } from '../../../src/core/wording.ts'
import { credentialProcessJson } from '../../../src/outputs/credential-process.ts'
import { ProcessFile } from '../../../src/outputs/process-file.ts'

const uid = process.getuid?.() ?? 0
let folder: string
let path: string
let warnings: string[]
/** What is due, and in how many milliseconds. */
let due: { delayMs: number; task: () => void }[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ra-process-file-'))
  path = join(folder, 'own', 'onprem.json')
  warnings = []
  due = []
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function credentials(mark: string): SessionCredentials {
  return new SessionCredentials({
    accessKeyId: `ASIA${mark}`,
    secretAccessKey: `secret-${mark}`,
    sessionToken: `token-${mark}`,
    expiresAt: Date.UTC(2030, 0, 1),
    accountId: '111122223333',
    roleArn: 'arn:aws:iam::111122223333:role/r',
  })
}

function open(at = path): ProcessFile {
  return new ProcessFile(at, {
    clock: Date.now,
    schedule(delayMs, task) {
      const entry = { delayMs, task }
      due.push(entry)
      return () => {
        due = due.filter((one) => one !== entry)
      }
    },
    reporter: { warn: (message) => warnings.push(inWords(message)), debug: () => undefined },
    uid,
  })
}

it('holds what credential-process prints, for its owner alone', async () => {
  using file = open()
  await file.write(credentials('1'), 60_000)
  expect(readFileSync(path, 'utf8')).toBe(credentialProcessJson(credentials('1')))
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(statSync(join(folder, 'own')).mode & 0o777).toBe(0o700)
  await file.write(credentials('2'), 60_000)
  expect(readFileSync(path, 'utf8')).toContain('"ASIA2"')
  expect(readdirSync(join(folder, 'own'))).toEqual(['onprem.json'])
})

it('goes when the credentials end, and not while newer ones are there', async () => {
  using file = open()
  await file.write(credentials('1'), 60_000)
  await file.write(credentials('2'), 90_000)
  expect(due.map(({ delayMs }) => delayMs)).toEqual([90_000])
  due[0]?.task()
  expect(existsSync(path)).toBe(false)
  expect(warnings.at(-1)).toMatch(/have ended, and the file is gone/u)
  await file.write(credentials('3'), 60_000)
  expect(readFileSync(path, 'utf8')).toContain('"ASIA3"')
})

it('goes with the daemon, but one that somebody else has put there stays', async () => {
  const file = open()
  await file.write(credentials('1'), 60_000)
  file[Symbol.dispose]()
  expect(existsSync(path)).toBe(false)
  expect(due).toEqual([])
  const other = open()
  await other.write(credentials('2'), 60_000)
  rmSync(path)
  writeFileSync(path, 'mine')
  other[Symbol.dispose]()
  expect(readFileSync(path, 'utf8')).toBe('mine')
})

it('that is to outlive the program stays', async () => {
  {
    using file = open()
    await file.write(credentials('1'), undefined)
  }
  expect(due).toEqual([])
  expect(readFileSync(path, 'utf8')).toContain('"ASIA1"')
})

it('says so where the folder is on a disk', () => {
  const shm = '/dev/shm'
  if (!existsSync(shm)) return
  const inMemory = mkdtempSync(join(shm, 'ra-process-file-'))
  try {
    open(join(inMemory, 'p.json'))[Symbol.dispose]()
    expect(warnings).toEqual([])
  } finally {
    rmSync(inMemory, { recursive: true })
  }
  open(join('/var/tmp', `ra-${process.pid}`, 'p.json'))[Symbol.dispose]()
  rmSync(join('/var/tmp', `ra-${process.pid}`), { recursive: true })
  expect(warnings[0]).toMatch(/is not in memory but on a disk/u)
})

it.skipIf(uid !== 0)("is refused in another user's folder, and at the end of his link", () => {
  const theirs = join(folder, 'theirs')
  mkdirSync(theirs)
  chownSync(theirs, 65_534, 65_534)
  expect(() => open(join(theirs, 'p.json'))).toThrow(/belongs to user 65534/u)
  const open777 = join(folder, 'open')
  mkdirSync(open777)
  chmodSync(open777, 0o777)
  symlinkSync('/etc/machine-id', join(open777, 'p.json'))
  expect(() => open(join(open777, 'p.json'))).toThrow(/can be written by every user/u)
})
