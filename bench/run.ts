/**
 * `npm run bench`: every row of design.md 6, three runs of each, and the middle of the three.
 *
 * `--runs N` sets how often each command is timed in one run (15), `--peer PATH` names another helper,
 * `--executable PATH` our own executable file, `--before PATH` the `bin/rolesanywhere.js` of an earlier
 * checkout; `--only WORDS` takes the one-shot rows that hold these words and nothing else. `--write` makes
 * docs/performance.md and its chart from what was measured.
 *
 * Run it after `npm run build`, on a machine that does nothing else.
 *
 * @module
 */

import { writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { barChart } from './chart.ts'
import { median, type Figures } from './figures.ts'
import { EMPTY, measureOneShots, ROUND_TRIPS } from './one-shot.ts'
import { measureServe, type ServeRow } from './serve.ts'

const RUNS = 3
const text = { type: 'string' } as const
const { values } = parseArgs({
  options: {
    runs: text,
    peer: text,
    executable: text,
    before: text,
    only: text,
    write: { type: 'boolean', default: false },
  },
})

const oneShots = await thrice(async () =>
  measureOneShots({ ...values, runs: Number(values.runs ?? 15) }),
)
const table = oneShotTable(oneShots)
console.log(table)
const serve = values.only === undefined ? await measureServe() : []
console.log(serveTable(serve))
if (values.write) {
  const docs = join(import.meta.dirname, '../docs')
  writeFileSync(join(docs, 'performance.svg'), chart(oneShots))
  writeFileSync(join(docs, 'performance.md'), page(table, serveTable(serve)))
}

async function thrice(measure: () => Promise<Figures>): Promise<Figures> {
  const all: Figures[] = []
  for (let run = 0; run < RUNS; run += 1) all.push(await measure())
  const names = [...(all[0]?.keys() ?? [])]
  return new Map(
    names.map((name) => [name, median(all.map((figures) => figures.get(name) ?? Number.NaN))]),
  )
}

/** `cold, 20 ms, ours` against `cold, 20 ms, peer`: what stands before the program's name is the row. */
function oneShotTable(figures: Figures): string {
  const empty = figures.get(EMPTY) ?? Number.NaN
  const lines = [...figures].map(([name, ms]) => {
    const peer = figures.get(name.replace(/, [^,]+$/u, ', peer').replace('cached', 'cold'))
    const ratio = peer === undefined ? '' : (ms / peer).toFixed(2)
    return `| ${name} | ${ms.toFixed(1)} | ${(ms / empty).toFixed(2)} | ${ratio} |`
  })
  return [
    '| row | ms | of an empty Node program | of the peer, cold |',
    '| --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n')
}

function serveTable(rows: readonly ServeRow[]): string {
  return [
    '| row | figure | budget | held |',
    '| --- | --- | --- | --- |',
    ...rows.map(
      ({ what, figure, budget, held }) =>
        `| ${what} | ${figure} | ${budget} | ${held ? 'yes' : 'no'} |`,
    ),
    '',
  ].join('\n')
}

function chart(figures: Figures): string {
  const groups = ROUND_TRIPS.map((roundTripMs) => ({
    title: `${roundTripMs} ms to AWS and back`,
    bars: [...figures]
      .filter(([name]) => name.includes(`, ${roundTripMs} ms, `) && !name.includes('before'))
      .map(([name, value]) => ({ label: name.replace(`, ${roundTripMs} ms`, ''), value })),
  }))
  return barChart('credential-process, from its start to its end', groups, 'ms')
}

function page(oneShotRows: string, serveRows: string): string {
  const { model = 'unknown' } = cpus()[0] ?? {}
  return `<!-- Made by \`npm run bench -- --write\`. -->

# Performance

Measured on ${cpus().length} cores (${model.trim()}), Linux ${release()}, Node ${process.versions.node}; the middle of ${RUNS} runs, each the
median of many. Ratios carry over to other machines, milliseconds do not. "Peer" is AWS's \`aws_signing_helper\`. The service is the emulator on
loopback behind a proxy that delays it: half of the round trip each way, and one round trip more for TCP's handshake.

![credential-process, from its start to its end](performance.svg)

## One-shot commands

${oneShotRows}
## The endpoint

${serveRows}`
}
