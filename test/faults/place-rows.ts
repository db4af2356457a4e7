/**
 * F3 and F4: credentials files in odd places, and what `update` does about them.
 *
 * @see reliability.md 6b
 * @module
 */

import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createWorld } from '../support/long-running.ts'
import { isRoot, slowest, timedRun, verdictOf, type FaultRow, type TimedResult } from './row.ts'

export const OTHERS = `# kept\n${Array.from({ length: 200 }, (_, index) => `[p${index}]\naws_access_key_id = K${index}\n`).join('')}`

export const UPDATE = [
  'update',
  '--once',
  '--profile',
  'demo',
  '--settings-profile',
  'onprem',
] as const

export async function inFolder<T>(work: (folder: string, path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'ra-faults-'))
  try {
    const path = join(folder, 'credentials')
    writeFileSync(path, OTHERS, { mode: 0o600 })
    return await work(folder, path)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What cannot be read is refused when profiles are looked for there, what cannot be written later. */
const SETTINGS = 3
const OUTPUT = 7

interface Place {
  readonly name: string
  /** Makes it; the path that is given to `update`. */
  make(folder: string): string
  /** Whether the credentials have to end up there; else nothing changes, and the exit code says so. */
  readonly isGood?: true
  /** What is wrong afterwards. */
  judge?(path: string, stderr: string): string | undefined
}

const fileIn = (folder: string, name = 'real'): string => {
  const path = join(folder, name)
  writeFileSync(path, OTHERS, { mode: 0o600 })
  return path
}

const unless = (isRight: boolean, problem: string): string | undefined =>
  isRight ? undefined : problem

const F3_PLACES: readonly Place[] = [
  {
    name: 'a folder that is not there',
    make: (folder) => join(folder, 'new', 'credentials'),
    isGood: true,
    judge: (path) => unless((statSync(dirname(path)).mode & 0o777) === 0o700, 'folder not 0700'),
  },
  {
    name: 'a file of mode 0644',
    make(folder) {
      const path = fileIn(folder)
      chmodSync(path, 0o644)
      return path
    },
    isGood: true,
    judge: (path, stderr) =>
      unless((statSync(path).mode & 0o777) === 0o600 && stderr.includes('0644'), 'not narrowed'),
  },
  {
    name: 'a file that may only be read',
    make(folder) {
      const path = fileIn(folder)
      chmodSync(path, 0o400)
      return path
    },
  },
  {
    name: 'a folder',
    make(folder) {
      mkdirSync(join(folder, 'real'))
      return join(folder, 'real')
    },
  },
  {
    name: 'a FIFO',
    make(folder) {
      execFileSync('mkfifo', [join(folder, 'real')])
      return join(folder, 'real')
    },
  },
  { name: 'a device', make: () => '/dev/null' },
]

const F4_PLACES: readonly Place[] = [
  {
    name: 'a link of our own',
    make(folder) {
      symlinkSync(fileIn(folder), join(folder, 'link'))
      return join(folder, 'link')
    },
    isGood: true,
    judge: (path) => unless(lstatSync(path).isSymbolicLink(), 'the link is gone'),
  },
  {
    name: 'a link that dangles',
    make(folder) {
      symlinkSync(join(folder, 'nowhere'), join(folder, 'link'))
      return join(folder, 'link')
    },
  },
  {
    name: 'links in a circle',
    make(folder) {
      symlinkSync(join(folder, 'link'), join(folder, 'link'))
      return join(folder, 'link')
    },
  },
  ...(isRoot
    ? [
        {
          name: 'a file of another user',
          make(folder: string) {
            const path = fileIn(folder)
            chownSync(path, 65_534, 65_534)
            return path
          },
        },
      ]
    : []),
]

function placesRow(
  row: Pick<FaultRow, 'id' | 'what' | 'target'>,
  places: readonly Place[],
): FaultRow {
  return {
    ...row,
    run: async () =>
      inFolder(async (folder) => {
        await using world = await createWorld()
        const runs = await Promise.all(
          places.map(async (place) => {
            const path = place.make(mkdtempSync(join(folder, 'place-')))
            const env = { ...world.env, AWS_SHARED_CREDENTIALS_FILE: path }
            const run = await timedRun(UPDATE, { env })
            return { place, path, run }
          }),
        )
        return verdictOf(
          runs.map(({ place, path, run }) => [place.name, problemAt(place, path, run)]),
          `, ${slowest(runs.map(({ run }) => run))}`,
        )
      }),
  }
}

function problemAt(place: Place, path: string, run: TimedResult): string | undefined {
  const { isGood } = place
  const { exitCode, stderr, seconds } = run
  if (seconds > 5) return `${seconds.toFixed(1)} s`
  const exitCodes = isGood === true ? [0] : [SETTINGS, OUTPUT]
  if (!exitCodes.includes(exitCode ?? -1)) return `exit ${String(exitCode)}: ${stderr}`
  if (isGood !== true && !stderr.includes(path)) return `says ${stderr}`
  const isFile = existsSync(path) && statSync(path).isFile()
  const text = isFile ? readFileSync(path, 'utf8') : OTHERS
  if (text.includes('[demo]') !== (isGood === true)) return isGood ? 'not written' : 'written'
  return place.judge?.(path, stderr)
}

const F3 = placesRow(
  {
    id: 'F3',
    what: F3_PLACES.map(({ name }) => name).join(', '),
    target: 'written with 0600 into 0700, or exit 3 or 7 with the path named; <= 5 s each',
  },
  F3_PLACES,
)

const F4 = placesRow(
  {
    id: 'F4',
    what: F4_PLACES.map(({ name }) => name).join(', '),
    target:
      'the target of our own link is replaced and the link stays; the others exit 3 or 7, unchanged',
  },
  F4_PLACES,
)

export const PLACE_ROWS: readonly FaultRow[] = [F3, F4]
