/** `emulator --check-client`: what it sees of a client, ours and others. */

import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OURS } from '../../scripts/check-clients.ts'
import {
  checkClient,
  type CheckClientOptions,
} from '../../src/emulator/check-client/check-client.ts'
import {
  reportTables,
  type ClientReport,
  type SituationReport,
} from '../../src/emulator/check-client/client-report.ts'
import { SITUATIONS, type Situation } from '../../src/emulator/check-client/situations.ts'
import { runCli } from '../support/run-cli.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-test-'))
})

afterEach(() => {
  // Whatever a client did, nothing of it is left.
  expect(readdirSync(folder)).toEqual([])
  rmSync(folder, { recursive: true })
})

function check(
  command: string,
  ids: readonly string[],
  options: Partial<CheckClientOptions> = {},
): Promise<ClientReport> {
  return checkClient({
    command,
    env: { PATH: process.env['PATH'], AWS_PROFILE: 'not handed on' },
    clock: Date.now,
    temporaryFolder: folder,
    signal: new AbortController().signal,
    situations: ids.map(situation),
    ...options,
  })
}

function situation(id: string): Situation {
  const found = SITUATIONS.find((one) => one.id === id)
  if (found === undefined) throw new Error(`no situation ${id}`)
  return found
}

describe('our own client', () => {
  const recorded = JSON.parse(
    readFileSync(
      new URL('../../fixtures/client-reports/rolesanywhere.json', import.meta.url),
      'utf8',
    ),
  ) as ClientReport
  // Left out: the one that only waits for its end.
  const ids = SITUATIONS.map(({ id }) => id).filter((id) => id !== 'silent')

  it('still does what docs/conformance.md says (else: node scripts/check-clients.ts)', async () => {
    const report = await check(OURS, ids)
    const told = recorded.situations.filter(({ id }) => ids.includes(id))
    expect(report.situations.map(deeds)).toEqual(told.map(deeds))
  }, 120_000)

  /** What does not change with wording and version. */
  function deeds({ id, sent, answers, result, exitCode }: SituationReport): object {
    return { id, sent: { ...sent, userAgent: '' }, answers, result, exitCode }
  }
})

describe('a client of another make', () => {
  it('finds its files and ARNs in its environment, and nothing of AWS', async () => {
    const command =
      'for name in CERTIFICATE PRIVATE_KEY; do eval test -s "\\$ROLESANYWHERE_$name" || exit 9; done; ' +
      'echo "$ROLESANYWHERE_ENDPOINT $AWS_PROFILE$ROLESANYWHERE_INTERMEDIATES" >&2; exit 3'
    const { situations } = await check(command, ['plain', 'chain'])
    expect(situations).toMatchObject([
      { sent: null, answers: [], result: 'nothing', exitCode: 3, said: 'http://127.0.0.1:PORT' },
      { said: 'http://127.0.0.1:PORT FOLDER/chain.pem' },
    ])
  })

  it('that prints what is no credentials is seen to', async () => {
    const { situations } = await check(`echo '{"AccessKeyId":"x"}'`, ['plain'])
    expect(situations).toMatchObject([{ result: 'something else', exitCode: 0 }])
  })

  it('that never ends is ended, with all that it started', async () => {
    const mark = join(folder, 'alive')
    const command = `(while :; do sleep 1; done) & echo $! > '${mark}'; wait`
    const { situations } = await check(command, ['plain'], { deadlineMs: 1000 })
    expect(situations).toMatchObject([{ exitCode: null, result: 'nothing' }])
    const child = readFileSync(mark, 'utf8').trim()
    rmSync(mark)
    expect(existsSync(`/proc/${child}/cwd`)).toBe(false)
  })

  it('is ended when the check is', async () => {
    const stop = new AbortController()
    const started: string[] = []
    const checked = check(
      'sleep 60',
      SITUATIONS.map(({ id }) => id),
      {
        signal: stop.signal,
        onSituation: ({ id }) => {
          started.push(id)
          stop.abort()
        },
      },
    )
    await expect(checked).rejects.toMatchObject({ code: 'ERR_CANCELLED' })
    expect(started).toEqual(['plain'])
  })
})

describe('the command', () => {
  const command = `'${process.execPath}' -e 'process.exitCode = 4; console.error("first"); console.error("an error | here")'`

  it('prints tables', async () => {
    const { exitCode, stdout, stderr } = await runCli(['emulator', '--check-client', command])
    expect({ exitCode, stderr: stderr.split('\n')[0] }).toEqual({
      exitCode: 0,
      stderr: 'rolesanywhere: plain: an EC P-256 key under the trust anchor',
    })
    const text = stdout.toString('utf8')
    for (const { id, meaning } of SITUATIONS) {
      expect(text).toContain(
        `| ${id} | ${meaning} | none: nothing was sent | 4 | nothing | an error \\| here |`,
      )
    }
  })

  it('prints JSON that makes the same tables, and can be quiet', async () => {
    const args = ['emulator', '--quiet', '--json', '--check-client', command]
    const { stdout, stderr } = await runCli(args)
    const report = JSON.parse(stdout.toString('utf8')) as ClientReport
    expect({ client: report.client, stderr }).toEqual({ client: command, stderr: '' })
    expect(reportTables(report)).toContain('| silent | no answer |')
  })

  it('wants a trust anchor or a client, and not both', async () => {
    expect(await runCli(['emulator'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/needs --trust-anchor.*or --check-client/) as string,
    })
    const both = ['emulator', '--trust-anchor', 'ca.pem', '--check-client', command]
    expect(await runCli(both)).toMatchObject({ exitCode: 2 })
  })
})
