import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inWords } from '../../../../src/core/wording.ts'
import type { Reporter } from '../../../../src/core/ports.ts'
import { ContainerToken } from '../../../../src/outputs/endpoint/container-token.ts'

const uid = process.getuid?.() ?? 0
const NOBODY = 65_534
const USERS = 100
let folder: string
let path: string
const warnings: string[] = []
const reporter: Reporter = {
  warn: (message) => warnings.push(inWords(message)),
  debug: () => undefined,
}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ra-token-'))
  path = join(folder, 'run', 'default.token')
  warnings.length = 0
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const open = async (): Promise<ContainerToken> => ContainerToken.inFile(path, uid, reporter)

const put = (text: string): void => {
  writeFileSync(`${path}.new`, text, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/** As the server asks: the file is followed first. */
async function accepts(token: ContainerToken, text: string, now: number): Promise<boolean> {
  await token.refresh(now)
  return token.accepts(text, now)
}

it('a missing file is made with mode 0600 and 256 random bits, without a line end', async () => {
  const token = await open()
  const text = readFileSync(path, 'utf8')
  expect(text).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(dirname(path))).toEqual(['default.token'])
  expect(await accepts(token, text, 0)).toBe(true)
  expect(await accepts(token, `${text}\n`, 0)).toBe(false)
  expect(await accepts(token, '', 0)).toBe(false)
})

it('a file that is there is used, and survives a restart', async () => {
  await open()
  const before = readFileSync(path, 'utf8')
  expect(await accepts(await open(), before, 0)).toBe(true)
  expect(readFileSync(path, 'utf8')).toBe(before)
})

it('a replaced file rotates the token; the old one is good for a minute more', async () => {
  const token = await open()
  const first = readFileSync(path, 'utf8')
  expect(await accepts(token, first, 0)).toBe(true)
  put('second-token-of-the-file\n')
  expect(await accepts(token, 'second-token-of-the-file', 2_000)).toBe(true)
  expect(await accepts(token, first, 61_000)).toBe(true)
  expect(await accepts(token, first, 63_000)).toBe(false)
  expect(await accepts(token, 'second-token-of-the-file', 63_000)).toBe(true)
})

it('requests that come while the file is being looked at wait for that', async () => {
  const token = await open()
  put('second-token-of-the-file\n')
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => accepts(token, 'second-token-of-the-file', 2_000)),
  )
  expect(answers).toEqual(Array.from({ length: 5 }, () => true))
})

it.each(['', 'short', 'with a blank inside it', 'größe-größe-größe-größe', 'x'.repeat(20_000)])(
  'while the file holds %j the token at hand goes on, which is said once, and a start is refused',
  async (text) => {
    const token = await open()
    const first = readFileSync(path, 'utf8')
    put(text)
    expect(await accepts(token, first, 5_000)).toBe(true)
    expect(await accepts(token, text, 10_000)).toBe(false)
    expect(warnings).toHaveLength(1)
    await expect(open()).rejects.toMatchObject({ code: 'ERR_CONFIG_SECRET_UNAVAILABLE' })
  },
)

describe('a token in other hands', () => {
  const FOREIGN = 'a-token-that-its-owner-knows'

  /** What somebody does to a token file in use, and what is said about it. */
  const HANDS: readonly (readonly [string, () => void, RegExp, 'root'?])[] = [
    [
      'a link to a file of ours',
      () => {
        rmSync(path)
        symlinkSync('/etc/machine-id', path)
      },
      /is a link$/u,
    ],
    [
      'a link to a device without end',
      () => {
        rmSync(path)
        symlinkSync('/dev/zero', path)
      },
      /is a link$/u,
    ],
    [
      'a FIFO',
      () => {
        rmSync(path)
        execFileSync('mkfifo', [path])
      },
      /is a named pipe$/u,
    ],
    [
      'a file that everybody may write to',
      () => {
        put(FOREIGN)
        chmodSync(path, 0o606)
      },
      /is open to other users \(mode 0606\)$/u,
    ],
    [
      'a file that everybody may read',
      () => {
        put(FOREIGN)
        chmodSync(path, 0o644)
      },
      /is open to other users \(mode 0644\)$/u,
    ],
    [
      'a file that its group may write to',
      () => {
        put(FOREIGN)
        chmodSync(path, 0o660)
      },
      /mode 0660/u,
    ],
    [
      'a file in a folder of everybody',
      () => {
        put(FOREIGN)
        chmodSync(dirname(path), 0o777)
      },
      /the folder ".*\/run" of the token files can be written by every user$/u,
    ],
    [
      'a file below a folder of everybody',
      () => {
        put(FOREIGN)
        chmodSync(folder, 0o777)
      },
      /the folder ".*" of the token files can be written by every user$/u,
    ],
    [
      'the file of another user',
      () => {
        put(FOREIGN)
        chownSync(path, NOBODY, NOBODY)
      },
      /belongs to user 65534 \(nobody\), who knows what is in it$/u,
      'root',
    ],
    [
      'a file below the folder of another user',
      () => {
        put(FOREIGN)
        chownSync(folder, NOBODY, NOBODY)
      },
      /the folder ".*" of the token files belongs to user 65534/u,
      'root',
    ],
    [
      'a file below a folder that a group may write to',
      () => {
        put(FOREIGN)
        chownSync(folder, uid, USERS)
        chmodSync(folder, 0o770)
      },
      /can be written by group 100$/u,
      'root',
    ],
  ]

  it.for(HANDS)(
    '(%s) is refused at the start, and later said once and not taken',
    async (row, context) => {
      const [, lay, said, needs] = row
      context.skip(needs === 'root' && uid !== 0)
      const token = await open()
      const first = readFileSync(path, 'utf8')
      lay()
      expect(await accepts(token, FOREIGN, 5_000)).toBe(false)
      expect(await accepts(token, first, 10_000)).toBe(true)
      expect(warnings).toEqual([expect.stringMatching(said)])
      await expect(open()).rejects.toMatchObject({
        code: 'ERR_OUTPUT_UNSAFE',
        message: expect.stringMatching(said) as string,
      })
    },
  )

  it('is taken again, in silence, once it is in ours', async () => {
    const token = await open()
    chmodSync(path, 0o644)
    await token.refresh(5_000)
    put('a-token-of-our-own-again')
    expect(await accepts(token, 'a-token-of-our-own-again', 10_000)).toBe(true)
    expect(warnings).toHaveLength(1)
  })

  it.skipIf(uid !== 0)('is not so with a group of readers, and in a folder of root', async () => {
    await open()
    chownSync(path, uid, USERS)
    chmodSync(path, 0o640)
    expect(await accepts(await open(), readFileSync(path, 'utf8'), 0)).toBe(true)
  })

  it('nothing is made in a folder that is not safe', async () => {
    mkdirSync(join(folder, 'run'))
    chmodSync(join(folder, 'run'), 0o777)
    await expect(open()).rejects.toMatchObject({ code: 'ERR_OUTPUT_UNSAFE' })
    expect(readdirSync(join(folder, 'run'))).toEqual([])
  })
})
