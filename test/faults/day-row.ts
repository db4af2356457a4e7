/**
 * D1: a day of `serve` in fast time, with everything that a day may bring at once.
 *
 * Real are the engine, the identity that follows its files, and the files; time and AWS are ours.
 *
 * @module
 */

import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { SessionCredentials } from '../../src/core/credentials.ts'
import { RolesAnywhereError } from '../../src/core/errors.ts'
import type { Identity } from '../../src/core/ports.ts'
import { RotatingIdentity } from '../../src/identity/rotating-identity.ts'
import { RefreshEngine } from '../../src/session/refresh-engine.ts'
import { FakeTime } from '../support/fake-time.ts'
import { throwawayIdentity } from '../support/throwaway-identity.ts'
import { seeded, type FaultRow } from './row.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const CLIENTS = 1000
/** What every client waits between two looks. */
const STEP = MINUTE
const OUTAGE = { from: 10 * HOUR, to: 12 * HOUR } as const
/** The longest wait between two tries of the engine: until then nobody can know that AWS is back. */
const KNOWN_AGAIN = 61 * SECOND

export const DAY_ROW: FaultRow = {
  id: 'D1',
  what: `a day in fast time: sessions of an hour, certificate renewed every hour, AWS away for two hours, ${CLIENTS} clients each ${STEP / SECOND} s`,
  target:
    '0 blank and 0 expired while a refresh was possible, each signature by the newest certificate',
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ra-day-'))
    try {
      return await day(join(folder, 'leaf.pem'))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

async function day(path: string) {
  const time = new FakeTime()
  const startedAt = time.clock()
  const passed = (): number => time.clock() - startedAt
  const isAway = (): boolean => passed() >= OUTAGE.from && passed() < OUTAGE.to
  const base = await throwawayIdentity()
  const reporter = { warn: () => undefined, debug: () => undefined }
  let issued = 0
  const renew = (): void => {
    writeFileSync(`${path}.new`, `certificate ${(issued += 1)}`)
    renameSync(`${path}.new`, path)
  }
  renew()
  await using rotating = await RotatingIdentity.open({
    load: async () => Promise.resolve({ ...base, number: issued } as Identity),
    paths: [path],
    clock: time.clock,
    schedule: time.schedule,
    reporter,
  })
  // Files are read in real time, and looked at again after a while of ours.
  let reading = 0
  const advance = async (ms: number): Promise<void> => {
    await time.advance(ms)
    while (reading > 0) {
      await setImmediate()
      await time.advance(1)
    }
  }
  let calls = 0
  let byOldCertificate = 0
  const engine = new RefreshEngine({
    obtain: async () => {
      reading += 1
      return rotating.use(async (identity) => {
        reading -= 1
        calls += 1
        if ((identity as Identity & { number: number }).number !== issued) byOldCertificate += 1
        await time.wait(300)
        if (isAway()) throw new RolesAnywhereError('ERR_NETWORK_TIMEOUT', 'AWS is away')
        return new SessionCredentials({
          accessKeyId: `ASIA${String(calls).padStart(12, '0')}`,
          secretAccessKey: 'secret',
          sessionToken: 'token',
          expiresAt: time.clock() + HOUR,
          accountId: '111122223333',
          roleArn: 'arn:aws:iam::111122223333:role/x',
        })
      })
    },
    clock: time.clock,
    monotonic: time.monotonic,
    random: seeded(1),
    schedule: time.schedule,
    reporter,
  })
  engine.start()
  await advance(SECOND)
  await advance(SECOND)
  let answers = 0
  let expired = 0
  const blank = { whileAway: 0, while: 0 }
  const look = async (): Promise<void> => {
    const couldKnow = !isAway() && !(passed() >= OUTAGE.to && passed() < OUTAGE.to + KNOWN_AGAIN)
    looking += 1
    try {
      const { expiresAt } = await engine.credentials()
      answers += 1
      if (expiresAt <= time.clock()) expired += 1
    } catch {
      blank[couldKnow ? 'while' : 'whileAway'] += 1
    } finally {
      looking -= 1
    }
  }
  // Who asks while a try is under way gets an answer only when time moves on.
  let looking = 0
  for (let step = 0; step < (24 * HOUR) / STEP; step += 1) {
    if (step > 0 && step % (HOUR / STEP) === 0) renew()
    for (let client = 0; client < CLIENTS; client += 1) void look()
    await advance(STEP)
  }
  while (looking > 0) await advance(SECOND)
  await engine[Symbol.asyncDispose]()
  return {
    figure: `${answers} answers, ${blank.while} blank, ${expired} expired, ${blank.whileAway} blank while AWS was away and nothing was left, ${calls} calls, ${issued} certificates, ${byOldCertificate} signatures by an old one`,
    held:
      blank.while === 0 && expired === 0 && byOldCertificate === 0 && issued === 24 && calls <= 300,
  }
}
