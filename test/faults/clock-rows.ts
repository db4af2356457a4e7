/**
 * F11 and C1 to C3: clocks that are wrong, are set while something is on its way, or stand still while
 * the machine sleeps. libfaketime plays them to the real program.
 *
 * @see reliability.md 6c
 * @module
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseFault } from '../../src/emulator/faults.ts'
import { FakedClock, hasFaketime } from '../support/faked-clock.ts'
import { createWorld, startServe, type World } from '../support/long-running.ts'
import { EXECUTABLE, runCli, startCli } from '../support/run-cli.ts'
import { sleep, verdictOf, type FaultRow } from './row.ts'
import { startServing } from './serving.ts'

const MINUTE = 60
const HOUR = 60 * MINUTE
const OFFSETS = [2 * HOUR, -2 * HOUR, 35 * MINUTE, -35 * MINUTE] as const
const LIFETIME = 900
const shortSessions = { faults: [parseFault(`expires-in=${LIFETIME}`)] }

const needs = hasFaketime ? undefined : 'faketime'
const CREDENTIAL_PROCESS = ['credential-process', '--profile', 'onprem'] as const
const UPDATE = ['update', '--once', '--profile', 'demo', '--settings-profile', 'onprem'] as const

type Case = readonly [name: string, problem: string | undefined]

const F11: FaultRow = {
  id: 'F11',
  what: 'clock 20 min ahead and behind (faketime), 2 h of suspend while serving',
  target: 'credentials with one warning that names both times; after resume no expired ones',
  needs,
  async run() {
    await using world = await createWorld()
    const outcomes: string[] = []
    let held = true
    for (const offset of ['+20m', '-20m']) {
      const { exitCode, stderr } = await runCli(['credential-process', '--profile', 'onprem'], {
        env: world.env,
        launcher: ['faketime', '-f', offset, process.execPath, EXECUTABLE],
      })
      const warned = /the clock of this machine is (?:19|20) min (?:ahead of|behind)/.test(stderr)
      outcomes.push(`${offset}: exit ${exitCode ?? 'none'}${warned ? ', warned' : ''}`)
      held &&= exitCode === 0 && warned
    }
    await using serving = await startServing()
    await serving.engine.credentials()
    serving.jump(2 * 3_600_000)
    const isExpiredServed = serving.engine.current() !== undefined
    const fresh = await serving.engine.credentials()
    const left = fresh.expiresAt - Date.now() - 2 * 3_600_000
    outcomes.push(
      `after suspend: ${isExpiredServed ? 'EXPIRED SERVED' : 'none expired served'}, new ones with ${(left / 60_000).toFixed(0)} min`,
    )
    return { figure: outcomes.join('; '), held: held && !isExpiredServed && left > 3_000_000 }
  },
}

const C1: FaultRow = {
  id: 'C1',
  what: 'clock 2 h and 35 min ahead and behind, sessions of 15 min: credential-process, --cache twice, update, serve until the clock is mended',
  target: 'credentials everywhere, 1 CreateSession each after the correction, the cache asks once',
  needs,
  async run() {
    const cases: Case[] = []
    for (const offset of OFFSETS) {
      await using world = await createWorld(shortSessions)
      using clock = new FakedClock('wall', offset)
      const file = join(world.folder, 'credentials')
      const env = { ...world.env, ...clock.env, AWS_SHARED_CREDENTIALS_FILE: file }
      const plain = await runCli(CREDENTIAL_PROCESS, { env })
      cases.push([`credential-process ${offset} s`, problemOf(plain.stdout.toString())])

      const cached = [...CREDENTIAL_PROCESS, '--cache', '--cache-dir', join(world.folder, 'cache')]
      const first = await runCli(cached, { env })
      const asked = world.emulator.requestCount
      const second = await runCli(cached, { env })
      const isSame = first.stdout.equals(second.stdout) && world.emulator.requestCount === asked
      cases.push([`--cache ${offset} s`, problemOf(first.stdout.toString())])
      cases.push([`--cache again ${offset} s`, isSame ? undefined : 'asked again'])

      const updated = await runCli(UPDATE, { env })
      const isWritten = updated.exitCode === 0 && readFileSync(file, 'utf8').includes('[demo]')
      cases.push([`update ${offset} s`, isWritten ? undefined : updated.stderr])

      cases.push([`serve ${offset} s`, await servedWith(world, clock, offset)])
    }
    return verdictOf(cases)
  },
}

/** `serve` under this clock, which is then set right: good credentials, and one session. */
async function servedWith(
  world: World,
  clock: FakedClock,
  offset: number,
): Promise<string | undefined> {
  const before = successes(world)
  await using serving = await startServe(world, ['--profile', 'onprem'], clock.env)
  const problem = problemOf(await credentialsOf(serving.exported))
  clock.move(-offset)
  const after = problemOf(await credentialsOf(serving.exported))
  return problem ?? after ?? (successes(world) - before === 1 ? undefined : 'asked more than once')
}

const successes = ({ emulator }: World): number =>
  emulator.requests.filter(({ status }) => status === 201).length

async function credentialsOf(exported: Readonly<Record<string, string>>): Promise<string> {
  const file = exported['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'] ?? ''
  const answer = await fetch(exported['AWS_CONTAINER_CREDENTIALS_FULL_URI'] ?? '', {
    headers: { authorization: readFileSync(file, 'utf8') },
  })
  return await answer.text()
}

/** What is wrong with credentials that should last about 15 minutes from now on. */
function problemOf(text: string): string | undefined {
  const { Expiration: end } = JSON.parse(text === '' ? '{}' : text) as { Expiration?: string }
  if (end === undefined) return 'no credentials'
  const left = (Date.parse(end) - Date.now()) / 1000
  return left > 0 && left <= LIFETIME + 1 ? undefined : `${left.toFixed(0)} s left`
}

const C2: FaultRow = {
  id: 'C2',
  what: 'the clock set by 2 h and 35 min, ahead and back, while the answer of AWS is on its way',
  target: 'credentials, exit 0, each with its real end',
  needs,
  async run() {
    await using world = await createWorld({
      faults: [parseFault(`expires-in=${LIFETIME}`), parseFault('latency=1500')],
    })
    const cases = OFFSETS.map(async (offset): Promise<Case> => {
      using clock = new FakedClock('wall')
      const { child, result } = startCli([...CREDENTIAL_PROCESS, '--debug'], {
        env: { ...world.env, ...clock.env },
        limitMs: 60_000,
      })
      let seen = ''
      child.stderr?.on('data', (chunk: Buffer) => {
        const isSent = seen.includes('debug: sign ')
        seen += chunk.toString()
        if (!isSent && seen.includes('debug: sign '))
          setTimeout(() => {
            clock.move(offset)
          }, 200)
      })
      const { exitCode, stdout } = await result
      return [
        `${offset} s`,
        exitCode === 0 ? problemOf(stdout.toString()) : `exit ${String(exitCode)}`,
      ]
    })
    return verdictOf(await Promise.all(cases))
  },
}

const C3: FaultRow = {
  id: 'C3',
  what: 'time of 2 h passes at once for a running serve, as when a machine was suspended',
  target: 'the next answer is new, and not expired',
  needs,
  async run() {
    await using world = await createWorld()
    using clock = new FakedClock('time')
    await using serving = await startServe(world, ['--profile', 'onprem'], clock.env)
    const keyOf = (text: string): string | undefined =>
      (JSON.parse(text) as { AccessKeyId?: string }).AccessKeyId
    const old = keyOf(await credentialsOf(serving.exported))
    clock.move(2 * HOUR)
    await sleep(100)
    const fresh = keyOf(await credentialsOf(serving.exported))
    return {
      figure: `${fresh === undefined ? 'NO' : fresh === old ? 'THE OLD' : 'new'} credentials, ${successes(world)} sessions`,
      held: fresh !== undefined && fresh !== old,
    }
  },
}

export const CLOCK_ROWS: readonly FaultRow[] = [F11, C1, C2, C3]
