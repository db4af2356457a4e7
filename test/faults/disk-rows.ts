/**
 * F1, F2, F6, F7, F11: faults of the disk, of processes and of clocks, made for real: kill -9, strace
 * injection, a tiny file system, faketime.
 *
 * @see reliability.md 6b and 6c
 * @module
 */

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWorld, startServe } from '../support/long-running.ts'
import { EXECUTABLE, runCli } from '../support/run-cli.ts'
import { seeded, sleep, type FaultRow } from './row.ts'
import { startServing } from './serving.ts'

/** Kills at random moments; 1,000 take about three minutes. */
const KILLS = Number(process.env['ROLESANYWHERE_FAULT_KILLS'] ?? '1000')

const WRITER = join(import.meta.dirname, 'writer.ts')
const OTHERS = `# kept\n${Array.from({ length: 200 }, (_, index) => `[p${index}]\naws_access_key_id = K${index}\n`).join('')}`

function missing(...programs: readonly string[]): string | undefined {
  return programs.find((program) => spawnSync('which', [program]).status !== 0)
}

async function inFolder<T>(work: (folder: string, path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'ra-faults-'))
  try {
    const path = join(folder, 'credentials')
    writeFileSync(path, OTHERS, { mode: 0o600 })
    return await work(folder, path)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

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
const EXACT_CALLS = { link: 2, unlink: 4, fchmod: 1, fsync: 2, rename: 1 } as const

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
          const { status, signal } = spawnSync('strace', [...options, ...writer])
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
      const update = ['update', '--once', '--profile', 'demo', '--settings-profile', 'onprem']
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
        const run = await runCli(update, {
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
        const run = await runCli(update, {
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

const F7: FaultRow = {
  id: 'F7',
  what: 'certificate and key renewed while serving: half, garbage, deleted, whole',
  target: 'never a mismatched pair, credentials all the time, the new pair within 15 s',
  async run() {
    await using world = await createWorld()
    await using serving = await startServe(world, ['--profile', 'onprem', '--debug'])
    const uri = serving.exported['AWS_CONTAINER_CREDENTIALS_FULL_URI'] ?? ''
    const port = new URL(uri).port
    const refreshes = async (): Promise<number> => {
      const { stdout } = await runCli(['status', '--json', '--port', port])
      return (JSON.parse(stdout.toString()) as { roles: [{ refreshes: number }] }).roles[0]
        .refreshes
    }
    const leaf = join(world.folder, 'leaf.pem')
    const steps: [string, () => void | Promise<void>][] = [
      ['certificate alone', () => world.issue(['certificate'])],
      [
        'garbage',
        () => {
          writeFileSync(leaf, 'garbage')
        },
      ],
      [
        'deleted',
        () => {
          rmSync(leaf)
        },
      ],
    ]
    const problems: string[] = []
    for (const [name, act] of steps) {
      const before = await refreshes()
      await act()
      await sleep(1200)
      serving.child.kill('SIGHUP')
      const deadline = performance.now() + 10_000
      while ((await refreshes()) === before && performance.now() < deadline) await sleep(100)
      if ((await refreshes()) === before) problems.push(`${name}: no refresh with the old pair`)
    }
    const refusedBefore = world.emulator.requests.filter(({ status }) => status !== 201).length
    const startedAt = performance.now()
    await world.issue()
    await serving.until(/identity rotated/)
    const seconds = (performance.now() - startedAt) / 1000
    await sleep(300)
    const refused = world.emulator.requests.filter(({ status }) => status !== 201).length
    return {
      figure: `${refused} requests refused by the verifying service, new pair after ${seconds.toFixed(1)} s${problems.length > 0 ? `; ${problems.join('; ')}` : ''}`,
      held: refused === 0 && refusedBefore === 0 && problems.length === 0 && seconds <= 15,
    }
  },
}

const F11: FaultRow = {
  id: 'F11',
  what: 'clock 20 min ahead and behind (faketime), 2 h of suspend while serving',
  target: 'credentials with one warning that names both times; after resume no expired ones',
  needs: missing('faketime'),
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

export const FILE_ROWS: readonly FaultRow[] = [F1, F1_EXACT, F2, F6, F7, F11]
