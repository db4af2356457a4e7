/**
 * How long `credential-process` takes, as a ratio to the start of an empty Node program, measured in
 * one run so that the machine's speed cancels out.
 *
 * The rows and budgets are the first ones of design.md 6. The endpoint is the emulator on loopback
 * with TLS, in a process of its own, so that it does not share our event loop.
 *
 * Usage: npm run bench [-- --runs N] [--peer PATH]
 *
 * @module
 */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { createAuthority } from '../src/emulator/throwaway-pki.ts'

interface Case {
  readonly name: string
  readonly budget: number | undefined
  readonly command: readonly [string, ...string[]]
}

const EXECUTABLE = join(import.meta.dirname, '../bin/rolesanywhere.js')
const { values } = parseArgs({
  options: { runs: { type: 'string', default: '40' }, peer: { type: 'string' } },
})
const runs = Number(values.runs)

const folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-bench-'))
const write = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

const authority = await createAuthority()
const leaf = await authority.issue({ keyType: 'ec' })
const tlsCa = join(folder, 'tls-ca.pem')
const emulator = spawn(
  process.execPath,
  [
    EXECUTABLE,
    'emulator',
    ...['--trust-anchor', write('ca.pem', authority.certificatePem)],
    ...['--tls', '--tls-ca-out', tlsCa, '--quiet'],
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
)
try {
  const [line] = (await once(createInterface({ input: emulator.stdout }), 'line')) as [string]
  measure(cases(line))
} finally {
  emulator.kill('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
}

function cases(endpoint: string): Case[] {
  const arn = 'arn:aws:rolesanywhere:eu-central-1:111122223333'
  const flags = [
    'credential-process',
    ...['--certificate', write('leaf.pem', leaf.certificatePem)],
    ...['--private-key', write('leaf.key', leaf.privateKeyPem)],
    ...['--trust-anchor-arn', `${arn}:trust-anchor/11111111-2222-3333-4444-555555555555`],
    ...['--profile-arn', `${arn}:profile/11111111-2222-3333-4444-555555555555`],
    ...['--role-arn', 'arn:aws:iam::111122223333:role/bench'],
    ...['--endpoint', endpoint],
  ]
  const own = [EXECUTABLE, ...flags, '--ca-bundle', tlsCa]
  const cached = [...own, '--cache', '--cache-dir', join(folder, 'cache')]
  const list: Case[] = [
    {
      name: 'an empty Node program',
      budget: undefined,
      command: [process.execPath, write('empty.mjs', '')],
    },
    {
      name: 'credential-process, warm --cache',
      budget: 1.5,
      command: [process.execPath, ...cached],
    },
    {
      name: 'credential-process, cold, loopback TLS',
      budget: 3.2,
      command: [process.execPath, ...own],
    },
  ]
  if (values.peer !== undefined) {
    list.push({ name: `${values.peer}, cold`, budget: undefined, command: [values.peer, ...flags] })
  }
  return list
}

function measure(list: readonly Case[]): void {
  const times = list.map((): number[] => [])
  // Taking turns spreads a busy moment of the machine over all rows. The first round warms caches.
  for (let round = 0; round <= runs; round += 1) {
    list.forEach(({ name, command: [program, ...args] }, row) => {
      const start = process.hrtime.bigint()
      const { status, stderr } = spawnSync(program, args, {
        env: {
          PATH: process.env['PATH'],
          HOME: folder,
          AWS_CA_BUNDLE: tlsCa,
          AWS_CONFIG_FILE: join(folder, 'none'),
        },
        encoding: 'utf8',
      })
      const ms = Number(process.hrtime.bigint() - start) / 1e6
      if (status !== 0) throw new Error(`${name}: exit code ${String(status)}\n${stderr}`)
      if (round > 0) times[row]?.push(ms)
    })
  }
  const medians = times.map((row) => row.toSorted((a, b) => a - b)[Math.floor(row.length / 2)] ?? 0)
  const base = medians[0] ?? 1
  console.log(`median of ${runs} runs, in turn\n`)
  list.forEach(({ name, budget }, row) => {
    const ms = medians[row] ?? 0
    const target = budget === undefined ? '' : `   budget ${budget.toFixed(1)} ×`
    console.log(
      `${name.padEnd(44)} ${ms.toFixed(1).padStart(7)} ms   ${(ms / base).toFixed(2)} ×${target}`,
    )
  })
}
