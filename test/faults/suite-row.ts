/**
 * A row that is held by tests which exist already: they are run, counted and timed.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FaultRow, Measured } from './row.ts'

interface Suite {
  readonly files: readonly string[]
  /** What the full names of the tests match. */
  readonly tests?: RegExp
  /** The longest that one test may take, its preparation included; seconds. */
  readonly limit: number
}

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: 'passed' | 'failed' | 'skipped' | 'pending' | 'todo' | 'disabled'
      readonly duration?: number
    }[]
  }[]
}

export function suiteRow(row: Omit<FaultRow, 'run'>, suite: Suite): FaultRow {
  return { ...row, run: async () => judge(await report(suite), suite) }
}

function judge(tests: readonly Test[], { limit }: Suite): Measured {
  const passed = tests.filter(({ status }) => status === 'passed')
  const failed = tests.filter(({ status }) => status === 'failed')
  const slowest = Math.max(...passed.map(({ duration = 0 }) => duration)) / 1000
  const names = failed.map(({ fullName }) => `; failed: ${fullName}`).join('')
  return {
    figure: `${passed.length} tests passed, ${failed.length} failed, ${tests.length - passed.length - failed.length} skipped, slowest ${slowest.toFixed(1)} s${names}`,
    held: passed.length > 0 && passed.length === tests.length && slowest <= limit,
  }
}

type Test = Report['testResults'][number]['assertionResults'][number]

async function report({ files, tests: wanted = /./u }: Suite): Promise<readonly Test[]> {
  const folder = mkdtempSync(join(tmpdir(), 'ra-suite-'))
  const output = join(folder, 'report.json')
  try {
    const program = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs')
    const args = ['run', ...files, '-t', wanted.source, '--reporter=json', '--outputFile', output]
    const child = spawn(process.execPath, [program, ...args], {
      cwd: join(import.meta.dirname, '../..'),
      stdio: 'ignore',
    })
    await once(child, 'close')
    const { testResults } = JSON.parse(readFileSync(output, 'utf8')) as Report
    return testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ fullName }) => wanted.test(fullName))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
