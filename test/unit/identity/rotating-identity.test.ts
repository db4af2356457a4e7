import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { inWords } from '../../../src/core/wording.ts'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RolesAnywhereError } from '../../../src/core/errors.ts'
import type { Identity } from '../../../src/core/ports.ts'
import { RotatingIdentity } from '../../../src/identity/rotating-identity.ts'
import { FakeTime } from '../../support/fake-time.ts'
import { throwawayIdentity } from '../../support/throwaway-identity.ts'

let folder: string
let path: string
const time = new FakeTime()
let warnings: string[]
let disposed: string[]
let loads: number
let fail: RolesAnywhereError | undefined
/** What happens while an identity is being loaded. */
let onLoad: () => Promise<void>

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ra-rotating-'))
  path = join(folder, 'leaf.pem')
  writeFileSync(path, 'first')
  warnings = []
  disposed = []
  loads = 0
  fail = undefined
  onLoad = () => Promise.resolve()
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const base = await throwawayIdentity()

function open(paths = [path], identity = base): Promise<RotatingIdentity> {
  return RotatingIdentity.open({
    load: async () => {
      loads += 1
      await onLoad()
      if (fail !== undefined) return Promise.reject(fail)
      const name = `identity ${loads}`
      return Promise.resolve({
        ...identity,
        name,
        [Symbol.asyncDispose]: () => {
          disposed.push(name)
          return Promise.resolve()
        },
      } as Identity)
    },
    paths,
    clock: time.clock,
    schedule: time.schedule,
    reporter: { warn: (message) => warnings.push(inWords(message)), debug: () => undefined },
  })
}

const inUse = (rotating: RotatingIdentity): Promise<string> =>
  rotating.use((identity) => Promise.resolve((identity as Identity & { name: string }).name))

describe('a renewed identity', () => {
  it('is used at the next signature, and the old one is closed', async () => {
    await using rotating = await open()
    expect(await inUse(rotating)).toBe('identity 1')
    writeFileSync(path, 'second one')
    expect(await inUse(rotating)).toBe('identity 2')
    expect(disposed).toEqual(['identity 1'])
  })

  it('is seen through the link swap of a Kubernetes volume', async () => {
    for (const version of ['v1', 'v2']) {
      mkdirSync(join(folder, version))
      writeFileSync(join(folder, version, 'tls.crt'), version)
    }
    symlinkSync('v1', join(folder, '..data'))
    symlinkSync('..data/tls.crt', join(folder, 'tls.crt'))
    await using rotating = await open([join(folder, 'tls.crt')])
    symlinkSync('v2', join(folder, '..data_tmp'))
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
    expect(await inUse(rotating)).toBe('identity 2')
  })

  it('that cannot be loaded is reported once, and the old one goes on until it can', async () => {
    await using rotating = await open()
    fail = new RolesAnywhereError('ERR_KEY_MISMATCH', 'certificate and key are no pair')
    writeFileSync(path, 'half of it')
    expect(await inUse(rotating)).toBe('identity 1')
    expect(await inUse(rotating)).toBe('identity 1')
    expect(warnings).toEqual([expect.stringContaining('no pair') as string])
    fail = undefined
    expect(await inUse(rotating)).toMatch(/identity \d/)
    expect(await inUse(rotating)).not.toBe('identity 1')
  })

  it('that is deleted leaves the old one in use', async () => {
    await using rotating = await open()
    fail = new RolesAnywhereError('ERR_CONFIG_FILE_UNREADABLE', 'no such file')
    rmSync(path)
    expect(await inUse(rotating)).toBe('identity 1')
  })

  it('is not closed while a signature is being made', async () => {
    await using rotating = await open()
    const signing = Promise.withResolvers<undefined>()
    const begun = Promise.withResolvers<undefined>()
    const slow = rotating.use(() => {
      begun.resolve(undefined)
      return signing.promise
    })
    await begun.promise
    writeFileSync(path, 'second one')
    expect(await inUse(rotating)).toBe('identity 2')
    expect(disposed).toEqual([])
    signing.resolve(undefined)
    await slow
    expect(disposed).toEqual(['identity 1'])
  })

  it.each(['overwritten where it is', 'added', 'replaced', 'removed'])(
    'in a folder is seen when one of its files is %s',
    async (what) => {
      writeFileSync(join(folder, 'leaf.key'), 'the key')
      await using rotating = await open([folder])
      expect(await inUse(rotating)).toBe('identity 1')
      // A folder's own times change with its names, and not with what its files hold.
      if (what === 'added') writeFileSync(join(folder, 'chain.pem'), 'more')
      else if (what === 'removed') rmSync(path)
      else if (what === 'replaced') renameSync(join(folder, 'leaf.key'), path)
      else writeFileSync(path, 'other')
      expect(await inUse(rotating)).toBe('identity 2')
      expect(await inUse(rotating)).toBe('identity 2')
    },
  )

  it('is found by polling alone, and told about once', async () => {
    const rotating = await open()
    let told = 0
    rotating.follow(() => (told += 1))
    writeFileSync(path, 'second one')
    await expect
      .poll(async () => {
        await time.advance(10_000)
        return told
      })
      .toBe(1)
    await time.advance(60_000)
    expect(told).toBe(1)
    await rotating[Symbol.asyncDispose]()
    expect(time.pending).toBe(0)
  })
})

describe('disposal', () => {
  it('leaves no timer, and until then there is one for all that happens to the files', async () => {
    const rotating = await open()
    rotating.follow(() => undefined)
    // Told of the same events, after the one that was there first.
    let events = 0
    const watcher = watch(folder, () => (events += 1))
    for (let write = 0; write < 50; write++) writeFileSync(join(folder, `file ${write}`), '')
    await expect.poll(() => events).toBeGreaterThanOrEqual(50)
    watcher.close()
    // Beside that of the poll.
    expect(time.pending).toBe(2)
    await rotating[Symbol.asyncDispose]()
    expect(time.pending).toBe(0)
  })

  it('closes an identity that was being loaded', async () => {
    const loading = Promise.withResolvers<undefined>()
    const begun = Promise.withResolvers<undefined>()
    const rotating = await open()
    onLoad = async () => {
      begun.resolve(undefined)
      await loading.promise
    }
    writeFileSync(path, 'second one')
    const used = expect(inUse(rotating)).rejects.toMatchObject({ code: 'ERR_CANCELLED' })
    await begun.promise
    const disposal = rotating[Symbol.asyncDispose]()
    loading.resolve(undefined)
    await disposal
    await used
    expect(disposed.toSorted()).toEqual(['identity 1', 'identity 2'])
    expect(loads).toBe(2)
    await time.advance(60_000)
    expect(loads).toBe(2)
  })
})

it('a certificate near its end is warned about, once a day', async () => {
  const day = 86_400_000
  const now = time.clock()
  const identity = await throwawayIdentity({
    notBefore: new Date(now - 90 * day),
    notAfter: new Date(now + 10 * day),
  })
  // Without files there is no real disk to wait for in fake time.
  const rotating = await open([], identity)
  rotating.follow(() => undefined)
  await time.advance(day / 2)
  expect(warnings).toEqual([expect.stringMatching(/expires in 2[34]\d hours/) as string])
  await time.advance(day)
  expect(warnings).toHaveLength(2)
  await rotating[Symbol.asyncDispose]()
})
