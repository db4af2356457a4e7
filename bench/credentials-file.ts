/**
 * Forty programs at once write their profiles into one credentials file, 20,000 times in all, and end and
 * begin again all the while. Each looks before it writes whether what it wrote last is still there.
 *
 * Run it with `node bench/credentials-file.ts [WRITES]`; it takes some minutes and ends with 1 when a write
 * was lost.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SessionCredentials } from '../src/core/credentials.ts'
import { writeProfile } from '../src/outputs/credentials-file/write-profile.ts'

const WRITERS = 40
/** Writes of one process, before it ends and another follows. */
const WRITES_EACH = 10

/** Counts the writes of a profile from `from` on that were not there any more when the next one came. */
async function write(path: string, profile: string, from: number): Promise<number> {
  let lost = 0
  for (let index = from; index < from + WRITES_EACH; index += 1) {
    if (index > 0 && !holds(path, profile, index - 1)) lost += 1
    await writeProfile(
      { path, profile, credentials: credentials(`${profile}-${index}`) },
      {
        clock: Date.now,
        random: Math.random,
        wait: async (ms) => sleep(ms),
        reporter: { warn: () => undefined, debug: () => undefined },
        uid: process.getuid?.() ?? 0,
      },
    )
  }
  return lost
}

function holds(path: string, profile: string, index: number): boolean {
  return readFileSync(path, 'utf8').includes(
    `[${profile}]\naws_access_key_id = ${profile}-${index}\n`,
  )
}

function credentials(mark: string): SessionCredentials {
  return new SessionCredentials({
    accessKeyId: mark,
    secretAccessKey: 'secret',
    sessionToken: 'token'.repeat(100),
    expiresAt: 0,
    accountId: '111122223333',
    roleArn: 'arn:aws:iam::111122223333:role/r',
  })
}

async function runWriters(path: string, total: number): Promise<number> {
  const perWriter = total / WRITERS
  const lost = await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      let count = 0
      for (let from = 0; from < perWriter; from += WRITES_EACH) {
        const child = spawn(
          process.execPath,
          [import.meta.filename, 'writer', path, `p${writer}`, String(from)],
          { stdio: ['ignore', 'pipe', 'inherit'] },
        )
        let printed = ''
        child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
        const [code] = (await once(child, 'close')) as [number | null]
        if (code !== 0) throw new Error(`a writer ended with ${code ?? 'a signal'}`)
        count += Number(printed)
      }
      return holds(path, `p${writer}`, perWriter - 1) ? count : count + 1
    }),
  )
  return lost.reduce((a, b) => a + b)
}

const [mode, path = '', profile = '', from = '0'] = process.argv.slice(2)
if (mode === 'writer') {
  process.stdout.write(String(await write(path, profile, Number(from))))
} else {
  const total = Math.ceil(Number(mode ?? 20_000) / (WRITERS * WRITES_EACH)) * WRITERS * WRITES_EACH
  const folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-bench-'))
  try {
    const file = join(folder, 'credentials')
    const startedAt = performance.now()
    const lost = await runWriters(file, total)
    const seconds = (performance.now() - startedAt) / 1000
    const left = readdirSync(folder).filter((name) => name !== 'credentials')
    console.log(
      `${lost} lost of ${total} writes by ${WRITERS} writers at once, ${Math.ceil(total / WRITES_EACH)} processes, ${seconds.toFixed(0)} s; ${left.length} files left beside`,
    )
    process.exitCode = lost === 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
