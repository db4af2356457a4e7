/**
 * What a person sees on a terminal, and that a pipe gets what it always got.
 *
 * @module
 */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { painter } from '../../../src/cli/people/paint.ts'
import { relativeInWords, spanInWords } from '../../../src/cli/people/span.ts'
import { table } from '../../../src/cli/people/table.ts'
import type { System } from '../../../src/cli/system.ts'
import { ARN_FLAGS, openStage, type Stage } from '../../support/cli-stage.ts'
import { runMain } from '../../support/fake-system.ts'

const ON_TERMINAL: Partial<System> = { isResultTerminal: async () => Promise.resolve(true) }
const plain = stripVTControlCharacters

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

describe('a span of time', () => {
  it.each([
    [0, '0 s'],
    [999, '0 s'],
    [45_900, '45 s'],
    [60_000, '1 min'],
    [61_000, '1 min 1 s'],
    [3_600_000 + 59_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [86_400_000 * 12 + 3_600_000 * 4 + 60_000, '12 d 4 h'],
  ])('of %d ms is %j', (ms, words) => {
    expect(spanInWords(ms)).toBe(words)
  })

  it('lies before or after now', () => {
    expect([relativeInWords(5000, 2000), relativeInWords(2000, 5000)]).toEqual([
      'in 3 s',
      '3 s ago',
    ])
  })
})

describe('colours', () => {
  it('are for terminals, and for those who did not refuse them', () => {
    expect(painter(true, { TERM: 'xterm' })('red', 'x')).toBe('\u001b[31mx\u001b[0m')
    expect(painter(true, {})(undefined, 'x')).toBe('x')
    expect(painter(true, { NO_COLOR: '' })('red', 'x')).not.toBe('x')
    for (const [isTerminal, env] of [
      [false, {}],
      [true, { NO_COLOR: '1' }],
      [true, { TERM: 'dumb' }],
    ] as const) {
      expect(painter(isTerminal, env)('red', 'x')).toBe('x')
    }
  })

  it('do not shift the columns of a table, and nothing in a cell steers the terminal', () => {
    const rows = [[{ text: 'é\u001b[31m', colour: 'red' as const }, { text: 'last' }]]
    const painted = table(['A', 'B'], rows, painter(true, {}))
    expect(plain(painted)).toBe('A       B\né?[31m  last\n')
    expect(painted).toContain('\u001b[31mé?[31m\u001b[0m  last')
  })
})

describe('cache list', () => {
  it('is a table on a terminal, and JSON lines in a pipe or when asked for', async () => {
    const { flags } = await stage.issue('client')
    const { url } = await stage.emulate()
    const folder = ['--cache-dir', join(stage.folder, 'cache')]
    const now = { clock: Date.now }
    const session = [...flags, ...ARN_FLAGS, '--endpoint', url]
    await runMain(['credential-process', ...session, '--cache', ...folder], now)
    const list = ['cache', 'list', ...folder]
    const piped = await runMain(list, now)
    expect(JSON.parse(piped.stdout)).toMatchObject({ expired: false })
    expect(await runMain([...list, '--json'], { ...now, ...ON_TERMINAL })).toEqual(piped)
    const { stdout } = await runMain(list, { ...now, ...ON_TERMINAL })
    expect(plain(stdout)).toMatch(
      /^ACCESS KEY +VALID +FETCHED +ROLE\nASIA\w+ +\d+ min(?: \d+ s)? left +\d+ s ago +arn:aws:iam:\S+\n$/u,
    )
    const late = { clock: () => Date.now() + 7_200_000, env: { HOME: '/x', NO_COLOR: '1' } }
    const expired = await runMain(list, { ...late, ...ON_TERMINAL })
    expect(expired.stdout).toMatch(/ expired (?:1 h|59 min)[ \w]* ago /u)
  })

  it('says that there is nothing, to a person', async () => {
    const list = ['cache', 'list', '--cache-dir', join(stage.folder, 'none')]
    expect((await runMain(list, ON_TERMINAL)).stdout).toBe('the cache is empty\n')
    expect((await runMain(list)).stdout).toBe('')
  })
})

describe('status', () => {
  const ROLE = {
    profile: 'onprem',
    roleArn: 'arn:aws:iam::111122223333:role/r',
    certificateExpires: '2026-11-24T00:00:00Z',
    credentialsExpire: '2026-11-22T00:59:30Z',
    lastRefresh: '2026-11-22T00:00:00Z',
    nextTry: '2026-11-22T00:30:00Z',
    refreshes: 3,
    failures: {},
    lastError: null,
  }
  const BROKEN = {
    ...ROLE,
    profile: 'other',
    credentialsExpire: null,
    failures: { ERR_NETWORK_DNS: 2 },
    lastError: { code: 'ERR_NETWORK_DNS', message: 'no such host', at: '2026-11-21T23:59:00Z' },
  }
  const servers: AsyncDisposable[] = []
  afterEach(async () => {
    for (const server of servers.splice(0)) await server[Symbol.asyncDispose]()
  })

  /** `status` of a server that answers with these reports in turn, and the last one for ever. */
  async function statusOf(...reports: readonly object[]): Promise<readonly string[]> {
    let asked = 0
    const server = createServer((_request, response) => {
      const report = reports[asked] ?? reports.at(-1)
      asked += 1
      response.end(JSON.stringify(report))
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return ['status', '--port', String((server.address() as AddressInfo).port)]
  }

  it('is a table on a terminal, with what went wrong last below it', async () => {
    const argv = await statusOf({ version: '1', roles: [ROLE, BROKEN] })
    const env = { HOME: '/nonexistent', NO_COLOR: '1' }
    const { exitCode, stdout } = await runMain(argv, { ...ON_TERMINAL, env })
    expect(exitCode).toBe(1)
    expect(stdout.split('\n')).toEqual([
      'PROFILE  CREDENTIALS       NEXT REFRESH  REFRESHES    CERTIFICATE  ROLE',
      'onprem   59 min 30 s left  in 30 min     3            2 d left     arn:aws:iam::111122223333:role/r',
      'other    none              in 30 min     3, 2 failed  2 d left     arn:aws:iam::111122223333:role/r',
      'last error of other: ERR_NETWORK_DNS, 1 min ago: no such host',
      '',
    ])
  })

  it('is JSON in a pipe, and when asked for', async () => {
    const report = { version: '1', roles: [ROLE] }
    const argv = await statusOf(report)
    const piped = await runMain(argv)
    expect(JSON.parse(piped.stdout)).toEqual(report)
    expect(await runMain([...argv, '--json'], ON_TERMINAL)).toEqual(piped)
  })

  it('is shown again and again with --watch, until it is told to end', async () => {
    const roles = [ROLE]
    const argv = await statusOf({ version: '1', roles: [BROKEN] }, {}, { version: '3', roles })
    const waits: number[] = []
    const wait = async (ms: number): Promise<void> => {
      waits.push(ms)
      return waits.length < 3 ? Promise.resolve() : Promise.reject(new Error('aborted'))
    }
    const ending = await runMain([...argv, '--watch'], { wait })
    const versions = ending.stdout.trimEnd().split('\n')
    expect(versions.map((line) => (JSON.parse(line) as { version: string }).version)).toEqual([
      '1',
      '3',
    ])
    expect(ending).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/^rolesanywhere: warning: no answer from .+\n$/u) as string,
    })
    expect(waits).toEqual([2000, 2000, 2000])
  })

  it('starts from an empty screen each time that a terminal shows it', async () => {
    const argv = await statusOf({ version: '1', roles: [ROLE] })
    const wait = async (): Promise<void> => Promise.reject(new Error('aborted'))
    const { stdout } = await runMain([...argv, '--watch'], { ...ON_TERMINAL, wait })
    expect(stdout.startsWith('\u001b[H\u001b[2J')).toBe(true)
  })
})

describe('read-certificate-data --text', () => {
  it('shows fields, both forms of the serial number, the time left and the chain', async () => {
    const lower = await stage.authority.issueAuthority({ subject: 'CN=Lower' })
    const leaf = await lower.issue({
      subject: 'CN=leaf,O=Acme',
      serialNumber: 255n,
      notAfter: new Date('2026-11-25T06:00:00Z'),
    })
    const path = stage.write('bundle.pem', lower.certificatePem + leaf.certificatePem)
    const argv = ['read-certificate-data', '--certificate', path, '--text']
    const { exitCode, stdout } = await runMain(argv)
    expect(exitCode).toBe(0)
    const lines = stdout.split('\n').map((line) => line.replace(/ {2,}/u, '|'))
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^subject\|.*CN=leaf/u) as string,
        'issuer|CN=Lower',
        'serial number|FF (hexadecimal)',
        '|255 (decimal)',
        'valid to|2026-11-25T06:00:00.000Z',
        '|3 d 6 h left',
        'CA certificate|no',
        expect.stringMatching(/^SHA-256\|[0-9a-f]{64}$/u) as string,
        expect.stringMatching(/^chain\|1\. CN=Lower \(until \d{4}-\d\d-\d\d\)$/u) as string,
        expect.stringMatching(/^\|trust anchor wanted: .*Throwaway Root CA/u) as string,
      ]),
    )
    const painted = await runMain(argv, ON_TERMINAL)
    expect(painted.stdout).toContain('\u001b[33m3 d 6 h left\u001b[0m')
    expect(plain(painted.stdout)).toBe(stdout)
  })

  it.each([
    ['2026-11-20T00:00:00Z', '2026-11-21T00:00:00Z', 'expired 1 d ago'],
    ['2026-11-23T00:00:00Z', '2026-12-21T00:00:00Z', 'not valid before 1 d from now'],
  ])('says that a certificate from %s to %s is of no use', async (notBefore, notAfter, said) => {
    const dates = { notBefore: new Date(notBefore), notAfter: new Date(notAfter) }
    const { certificatePath } = await stage.issue('of-no-use', dates)
    const argv = ['read-certificate-data', '--certificate', certificatePath, '--text']
    expect((await runMain(argv)).stdout).toContain(said)
    expect((await runMain(argv)).stdout).toContain('no intermediate certificate')
  })
})

describe('whoever waits for AWS', () => {
  it('is told so on the terminal after a second, and only then', async () => {
    const { flags } = await stage.issue('waiting')
    const { url } = await stage.emulate()
    const tasks: { readonly delayMs: number; readonly task: () => void }[] = []
    const told: string[] = []
    const system: Partial<System> = {
      clock: Date.now,
      schedule(delayMs, task) {
        tasks.push({ delayMs, task })
        return () => undefined
      },
      tellPerson: async (line) => Promise.resolve(told.push(line) > 0),
    }
    const argv = ['credential-process', ...flags, ...ARN_FLAGS, '--endpoint', url]
    expect(await runMain(argv, system)).toMatchObject({ exitCode: 0, stderr: '' })
    expect(told).toEqual([])
    for (const { delayMs, task } of tasks) if (delayMs === 1000) task()
    expect(told).toEqual([`waiting for AWS (${new URL(url).host})`])
  })
})
