/**
 * F1 to F6: the credentials file against faults of the disk, killed writers, other writers and odd
 * places, all of them real: kill -9, strace injection, a tiny file system.
 *
 * @see reliability.md 6b
 * @module
 */

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { createWorld, type World } from '../support/long-running.ts'
import { EXECUTABLE, runCli } from '../support/run-cli.ts'
import { AWS_CLI_ROW } from './aws-cli-row.ts'
import { isRoot, missing, seeded, sleep, verdictOf, type FaultRow } from './row.ts'
import { inFolder, OTHERS, PLACE_ROWS, UPDATE } from './place-rows.ts'
import { suiteRow } from './suite-row.ts'

/** Kills at random moments; 1,000 take about three minutes. */
const KILLS = Number(process.env['ROLESANYWHERE_FAULT_KILLS'] ?? '1000')

const WRITER = join(import.meta.dirname, 'writer.ts')
/** Whether the file holds everybody's profiles, and either no set of ours or one that is whole. */
function isWhole(path: string): boolean {
  const text = readFileSync(path, 'utf8')
  if (text === OTHERS) return true
  const ours = text.slice(OTHERS.length)
  const mark = /^\[demo\]\naws_access_key_id = ASIA-(\S+)\n/.exec(ours)?.[1] ?? '?'
  return (
    text.startsWith(OTHERS) &&
    ours ===
      `[demo]\naws_access_key_id = ASIA-${mark}\naws_secret_access_key = secret-${mark}\naws_session_token = token-${mark}\n`
  )
}

const F1: FaultRow = {
  id: 'F1',
  what: `kill -9 of a writer at ${KILLS} random moments`,
  target: '0 torn, the next run works and sweeps what was left',
  run: async () =>
    inFolder(async (folder, path) => {
      const random = seeded(1)
      let torn = 0
      for (let kill = 0; kill < KILLS; kill++) {
        const child = spawn(process.execPath, [WRITER, path, 'demo', '0', `K${kill}-`], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        await once(child.stdout, 'data')
        await sleep(random() * 15)
        child.kill('SIGKILL')
        await once(child, 'close')
        if (!isWhole(path)) torn += 1
      }
      const left = readdirSync(folder).filter((name) => name !== 'credentials')
      const old = new Date(Date.now() - 120_000)
      for (const name of left) utimesSync(join(folder, name), old, old)
      const status = spawnSync(process.execPath, [WRITER, path, 'demo', '1', 'LAST']).status ?? -1
      const after = readdirSync(folder)
      const drafts = after.filter((name) => name.endsWith('.tmp'))
      return {
        figure: `${torn} torn, ${left.length} left behind by the killed, ${drafts.length} drafts after the next run (exit ${status})`,
        held:
          torn === 0 &&
          status === 0 &&
          drafts.length === 0 &&
          isWhole(path) &&
          readFileSync(path, 'utf8').includes('LAST0'),
      }
    }),
}

/** The calls that a write consists of, and how often at most one write makes each. */
const EXACT_CALLS = { link: 2, unlink: 3, fchmod: 1, fsync: 2, rename: 1 } as const

const F1_EXACT: FaultRow = {
  id: 'F1s',
  what: `kill -9 inside each call of a write: ${Object.keys(EXACT_CALLS).join(', ')} (strace)`,
  target: '0 torn, and each kill hits',
  needs: missing('strace'),
  run: () =>
    inFolder((_folder, path) => {
      let torn = 0
      let points = 0
      let killed = 0
      for (const [call, times] of Object.entries(EXACT_CALLS)) {
        for (let when = 1; when <= times; when++) {
          points += 1
          const inject = `inject=${call}:signal=KILL:when=${when}`
          const writer = [process.execPath, WRITER, path, 'demo', '1', `${call}${when}-`]
          const options = ['-f', '-qq', '-o', '/dev/null', '-e', inject]
          // strace counts the calls of each thread for itself: one makes them all.
          const env = { ...process.env, UV_THREADPOOL_SIZE: '1' }
          const { status, signal } = spawnSync('strace', [...options, ...writer], { env })
          if (signal === 'SIGKILL' || status === 137) killed += 1
          if (!isWhole(path)) torn += 1
        }
      }
      return Promise.resolve({
        figure: `${torn} torn, ${killed} of ${points} killed inside the call`,
        held: torn === 0 && killed === points,
      })
    }),
}

interface DiskFault {
  readonly name: string
  readonly inject: string
}

const DISK_FAULTS: readonly DiskFault[] = [
  { name: 'ENOSPC at fsync', inject: 'fsync:error=ENOSPC' },
  { name: 'EIO at fsync', inject: 'fsync:error=EIO' },
  { name: 'EROFS at rename', inject: 'rename:error=EROFS' },
  { name: 'EDQUOT at rename', inject: 'rename:error=EDQUOT' },
]

const F2: FaultRow = {
  id: 'F2',
  what: `disk full (a 24 KiB tmpfs), and ${DISK_FAULTS.map(({ name }) => name).join(', ')} (strace)`,
  target: 'old file byte-identical, exit 7, path and cause named, no draft left',
  needs:
    missing('strace', 'mount') ?? (process.getuid?.() === 0 ? undefined : 'root, to mount a tmpfs'),
  run: async () =>
    inFolder(async (folder, path) => {
      await using world = await createWorld()
      const bad: string[] = []
      const judge = (
        name: string,
        at: string,
        old: string,
        run: { exitCode: number | null; stderr: string },
      ): void => {
        const drafts = readdirSync(join(at, '..')).filter(
          (entry) => entry.endsWith('.tmp') || entry.endsWith('.lock'),
        )
        const problems = [
          readFileSync(at, 'utf8') === old ? '' : 'changed',
          run.exitCode === 7 ? '' : `exit ${run.exitCode ?? 'none'}`,
          run.stderr.includes(at) && /space|error|read-only|quota/.test(run.stderr)
            ? ''
            : `says ${run.stderr}`,
          drafts.length === 0 ? '' : `left ${drafts.join()}`,
        ].filter((problem) => problem !== '')
        if (problems.length > 0) bad.push(`${name}: ${problems.join(', ')}`)
      }
      for (const { name, inject } of DISK_FAULTS) {
        const run = await runCli(UPDATE, {
          env: { ...world.env, AWS_SHARED_CREDENTIALS_FILE: path },
          launcher: [
            'strace',
            '-f',
            '-qq',
            '-o',
            '/dev/null',
            '-e',
            `inject=${inject}`,
            process.execPath,
            EXECUTABLE,
          ],
        })
        judge(name, path, OTHERS, run)
      }
      const disk = join(folder, 'disk')
      mkdirSync(disk)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24k,mode=0700', 'tmpfs', disk])
      try {
        const full = join(disk, 'credentials')
        writeFileSync(full, OTHERS, { mode: 0o600 })
        const free = Number(
          execFileSync('stat', ['-f', '-c', '%f*%S', disk])
            .toString()
            .split('*')
            .reduce((a, b) => String(Number(a) * Number(b))),
        )
        writeFileSync(join(disk, 'ballast'), 'x'.repeat(Math.max(0, free - 8192)))
        const run = await runCli(UPDATE, {
          env: { ...world.env, AWS_SHARED_CREDENTIALS_FILE: full },
        })
        judge('disk full', full, OTHERS, run)
      } finally {
        execFileSync('umount', [disk])
      }
      const count = DISK_FAULTS.length + 1
      return {
        figure: bad.length === 0 ? `${count} of ${count} faults: all of that` : bad.join('; '),
        held: bad.length === 0,
      }
    }),
}

const F2_FULL: FaultRow = {
  id: 'F2f',
  what: 'a disk with room for 0 to 12 more pages, and for 0 to 3 more files: update, serve, --cache',
  target:
    'old or new and whole, exit 7 when not new, nothing left; --cache gives credentials anyway',
  needs: missing('mount') ?? (isRoot ? undefined : 'root, to mount a tmpfs'),
  run: async () =>
    inFolder(async (folder) => {
      await using world = await createWorld()
      const cases: [name: string, problem: string | undefined][] = []
      const sizes = Array.from({ length: 13 }, (_, pages) => `size=${(8 + pages) * 4}k`)
      // The root of the file system and the credentials file are the first two.
      const files = Array.from({ length: 4 }, (_, more) => `size=1m,nr_inodes=${2 + more}`)
      for (const options of [...sizes, ...files]) {
        const disk = mkdtempSync(join(folder, 'disk-'))
        execFileSync('mount', ['-t', 'tmpfs', '-o', `${options},mode=0700`, 'tmpfs', disk])
        try {
          const path = join(disk, 'credentials')
          writeFileSync(path, OTHERS, { mode: 0o600 })
          const env = { ...world.env, AWS_SHARED_CREDENTIALS_FILE: path }
          cases.push([`update, ${options}`, afterUpdate(await runCli(UPDATE, { env }), disk)])
          const cache = ['--cache', '--cache-dir', join(disk, 'cache')]
          const cached = await runCli(['credential-process', '--profile', 'onprem', ...cache], {
            env,
          })
          cases.push([`cache, ${options}`, afterCache(cached, disk)])
        } finally {
          execFileSync('umount', [disk])
        }
      }
      cases.push(['token file of serve', await serveOnFullDisk(world, join(folder, 'tokens'))])
      return verdictOf(cases)
    }),
}

interface Ended {
  readonly exitCode: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

function afterUpdate({ exitCode, stderr }: Ended, disk: string): string | undefined {
  const text = readFileSync(join(disk, 'credentials'), 'utf8')
  const isNew = /^\[demo\]\n(?:aws_\w+ = \S+\n){3}$/m.test(text.slice(OTHERS.length))
  const problems = [
    text.startsWith(OTHERS) && (isNew || text === OTHERS) ? '' : 'the file is neither old nor new',
    exitCode === (isNew ? 0 : 7) ? '' : `exit ${String(exitCode)}`,
    isNew || /ENOSPC|no space/.test(stderr) ? '' : `says ${stderr}`,
    readdirSync(disk).join() === 'credentials' ? '' : `left ${readdirSync(disk).join()}`,
  ].filter((problem) => problem !== '')
  return problems.length === 0 ? undefined : problems.join(', ')
}

function afterCache({ exitCode, stdout, stderr }: Ended, disk: string): string | undefined {
  const folder = join(disk, 'cache')
  const names = existsSync(folder) ? readdirSync(folder) : []
  const left = names.filter((name) => !name.endsWith('.json'))
  const isCached = names.length > left.length
  if (exitCode === 7 && !existsSync(folder) && stderr.includes(folder)) return undefined
  if (exitCode !== 0 || !stdout.includes('SecretAccessKey'))
    return `exit ${String(exitCode)}: ${stderr}`
  if (left.length > 0) return `left ${left.join()}`
  return isCached || stderr.includes('warning') ? undefined : 'not cached, and nothing said'
}

async function serveOnFullDisk(world: World, folder: string): Promise<string | undefined> {
  mkdirSync(folder)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'nr_inodes=1,mode=0700', 'tmpfs', folder])
  try {
    const args = ['serve', '--port', '0', '--profile', 'onprem', '--token-folder', folder]
    const { exitCode, stderr } = await runCli(args, { env: world.env })
    return exitCode === 7 && stderr.includes(folder)
      ? undefined
      : `exit ${String(exitCode)}: ${stderr}`
  } finally {
    execFileSync('umount', [folder])
  }
}

const F5 = suiteRow(
  {
    id: 'F5',
    what: 'a profile written into files of every kind, and into generated ones',
    target: 'all else reads as before, byte for byte; twice is as once',
  },
  {
    files: [
      'test/unit/outputs/credentials-file/edit-profile.test.ts',
      'test/property/credentials-file.test.ts',
    ],
    limit: 30,
  },
)

const F6: FaultRow = {
  id: 'F6',
  what: 'two writers x 100 on different profiles at once; then one killed while it holds the lock',
  target: 'both profiles there, everybody else untouched; the lock taken over within 30 s',
  run: async () =>
    inFolder(async (_folder, path) => {
      const writers = ['a', 'b'].map((name) =>
        spawn(process.execPath, [WRITER, path, name, '100', name], { stdio: 'ignore' }),
      )
      const codes = await Promise.all(
        writers.map(async (writer) => (await once(writer, 'close'))[0] as number),
      )
      const text = readFileSync(path, 'utf8')
      const isComplete = ['a', 'b'].every((name) =>
        text.includes(
          `[${name}]\naws_access_key_id = ASIA-${name}99\naws_secret_access_key = secret-${name}99\naws_session_token = token-${name}99\n`,
        ),
      )
      const holder = spawn(process.execPath, [WRITER, path, 'demo', '0'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      await once(holder.stdout, 'data')
      while (!readdirSync(join(path, '..')).includes('credentials.rolesanywhere.lock'))
        await sleep(0)
      holder.kill('SIGKILL')
      await once(holder, 'close')
      const startedAt = performance.now()
      const status = spawnSync(process.execPath, [WRITER, path, 'c', '1']).status
      const seconds = (performance.now() - startedAt) / 1000
      return {
        figure: `exit codes ${codes.join()}, ${isComplete ? 'both there' : 'LOST'}, next writer ${status === 0 ? 'done' : 'FAILED'} after ${seconds.toFixed(1)} s`,
        held:
          codes.every((code) => code === 0) &&
          isComplete &&
          text.startsWith(OTHERS) &&
          status === 0 &&
          seconds <= 30,
      }
    }),
}

export const DISK_ROWS: readonly FaultRow[] = [
  F1,
  F1_EXACT,
  F2,
  F2_FULL,
  ...PLACE_ROWS,
  F5,
  F6,
  AWS_CLI_ROW,
]
