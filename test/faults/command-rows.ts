/**
 * L10, S1 and H: how soon a command answers, how soon it ends when told to, and whom it answers at all.
 *
 * @see reliability.md 6a and 6h
 * @module
 */

import { createWorld } from '../support/long-running.ts'
import { refusedHosts } from '../support/refused-hosts.ts'
import { hasSoftToken, PIN, SOFTHSM, SoftTokens } from '../support/soft-token.ts'
import { WAITS, Waits } from '../support/waits.ts'
import { ask, open } from './load-client.ts'
import { timedRun, verdictOf, type FaultRow } from './row.ts'
import { withServe } from './serving-process.ts'

const RUNS = 15
const FILE_MS = 150
const TOKEN_MS = 400

const L10: FaultRow = {
  id: 'L10',
  what: `credential-process cold, ${RUNS} times: keys in files, and on a SoftHSM token`,
  target: `half of them within ${FILE_MS} ms, and ${TOKEN_MS} ms with SoftHSM`,
  needs: hasSoftToken ? undefined : 'SoftHSM',
  async run() {
    await using world = await createWorld()
    using tokens = new SoftTokens()
    const leaf = await world.authority.issue({ keyType: 'ec' })
    tokens.addToken('card')
    tokens.addCertificate('card', leaf.certificatePem, { id: '01', label: 'leaf' })
    tokens.addKey('card', leaf.privateKeyPem, { id: '01', label: 'leaf' })
    const card = [
      ...['--certificate', 'pkcs11:token=card', '--private-key', 'pkcs11:token=card'],
      ...['--pkcs11-lib', SOFTHSM, '--pin', `file:${tokens.file('pin', PIN)}`],
    ]
    const ofFiles = await medianMs([], world.env)
    const ofToken = await medianMs(card, { ...world.env, ...tokens.env })
    return {
      figure: `files ${ofFiles.toFixed(0)} ms, SoftHSM ${ofToken.toFixed(0)} ms`,
      held: ofFiles <= FILE_MS && ofToken <= TOKEN_MS,
    }
  },
}

async function medianMs(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const times: number[] = []
  for (let run = 0; run < RUNS; run += 1) {
    const { exitCode, seconds, stderr } = await timedRun(
      ['credential-process', '--profile', 'onprem', ...args],
      { env },
    )
    if (exitCode !== 0) throw new Error(stderr)
    times.push(seconds * 1000)
  }
  return times.toSorted((a, b) => a - b)[Math.floor(RUNS / 2)] ?? NaN
}

const S1: FaultRow = {
  id: 'S1',
  what: 'SIGTERM and SIGINT to a command that waits for AWS, a TPM, a password, a signer, a module, a lock',
  target: 'ended <= 2 s, 0 bytes on stdout',
  needs: WAITS.find(({ needs }) => needs !== undefined)?.needs,
  async run() {
    const cases: [name: string, problem: string | undefined][] = []
    let longest = 0
    for (const wait of WAITS) {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        await using waits = await Waits.open()
        const { child, result } = await wait.begin(waits)
        const startedAt = performance.now()
        child.kill(signal)
        const { stdout } = await result
        const seconds = (performance.now() - startedAt) / 1000
        longest = Math.max(longest, seconds)
        const isRight = seconds <= 2 && stdout.length === 0
        const problem = `${seconds.toFixed(1)} s, ${stdout.length} bytes`
        cases.push([`${wait.what}, ${signal}`, isRight ? undefined : problem])
      }
    }
    return verdictOf(cases, `, longest ${longest.toFixed(2)} s`)
  },
}

const HOST: FaultRow = {
  id: 'H',
  what: 'the Host table: names of others, odd ports, numbers that mean 127.0.0.1, none, two, an absolute target',
  target:
    'each 403, or 400 by Node; 127.0.0.1, localhost and LOCALHOST with the port get the answer',
  run: async () =>
    withServe(async ({ port, request }) => {
      const good = `127.0.0.1:${port}`
      const withHead = (head: string): string => request.replace(/^.*\r\nHost: .*\r\n/u, head)
      const line = request.slice(0, request.indexOf('\r\n') + 2)
      const refused = [
        ...refusedHosts(port).map((host) => `${line}Host: ${host}\r\n`),
        line.replace('HTTP/1.1', 'HTTP/1.0'),
        `${line}Host: ${good}\r\nHost: evil.example\r\n`,
        `${line}Host: evil.example\r\nHost: ${good}\r\n`,
        `${line.replace(' /', ' http://evil.example/')}Host: ${good}\r\n`,
      ]
      const passing = [good, `localhost:${port}`, `LOCALHOST:${port}`]
      const cases: [name: string, problem: string | undefined][] = []
      const judge = async (head: string, expected: readonly string[]): Promise<void> => {
        const socket = await open(port)
        const { status } = await ask(socket, withHead(head))
        socket.destroy()
        cases.push([head.trim(), expected.includes(status) ? undefined : status])
      }
      for (const head of refused) await judge(head, ['400', '403'])
      for (const host of passing) await judge(`${line}Host: ${host}\r\n`, ['200'])
      return verdictOf(cases)
    }),
}

export const COMMAND_ROWS: readonly FaultRow[] = [L10, S1, HOST]
