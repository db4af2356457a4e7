/**
 * Runs a client through every situation, each against an emulator of its own.
 *
 * The client finds what it needs in its environment, in the variables of this program; a client of
 * another make takes them from there on its command line. Nothing else of AWS reaches it.
 *
 * @module
 */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RolesAnywhereError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports.ts'
import { startEmulator } from '../emulator.ts'
import { parseFault } from '../faults.ts'
import type { RawRequest } from '../raw-request.ts'
import type { RequestFacts } from '../request-facts.ts'
import { createAuthority, type Authority, type IssuedCertificate } from '../throwaway-pki.ts'
import type { ClientReport, SituationReport } from './client-report.ts'
import { runClient, type ClientRun } from './run-client.ts'
import { sentRequest } from './sent-request.ts'
import { DEADLINE_MS, SITUATIONS, type Situation } from './situations.ts'

export interface CheckClientOptions {
  /** Run by `/bin/sh -c`, once for each situation. */
  readonly command: string
  /** What the client gets of the caller's; nothing of AWS and nothing of ours is handed on. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** A folder for throwaway keys; what is made there is removed. */
  readonly temporaryFolder: string
  readonly signal: AbortSignal
  /** Default: all of them. */
  readonly situations?: readonly Situation[] | undefined
  /** Milliseconds each client has before it is ended; default 20,000. */
  readonly deadlineMs?: number | undefined
  /** Told before each situation. */
  readonly onSituation?: ((situation: Situation) => void) | undefined
}

/** How many clients run at once: most of them wait most of the time. */
const CLIENTS_AT_ONCE = 4

const ACCOUNT = '111122223333'
const ANCHOR = `arn:aws:rolesanywhere:eu-central-1:${ACCOUNT}`
const ARNS = {
  trustAnchor: `${ANCHOR}:trust-anchor/11111111-1111-1111-1111-111111111111`,
  profile: `${ANCHOR}:profile/22222222-2222-2222-2222-222222222222`,
  role: `arn:aws:iam::${ACCOUNT}:role/example`,
} as const

/** @throws {RolesAnywhereError} ERR_CANCELLED, once every client under way has been ended. */
export async function checkClient(options: CheckClientOptions): Promise<ClientReport> {
  const folder = await mkdtemp(join(options.temporaryFolder, 'rolesanywhere-check-'))
  try {
    const cast = await createCast()
    const wanted = options.situations ?? SITUATIONS
    const reports = new Map<Situation, SituationReport>()
    const waiting = wanted.values()
    const work = async (): Promise<void> => {
      for (const situation of waiting) {
        if (options.signal.aborted)
          throw new RolesAnywhereError('ERR_CANCELLED', 'the check was stopped')
        options.onSituation?.(situation)
        const place = join(folder, situation.id)
        await mkdir(place)
        reports.set(situation, await observe(situation, cast, place, options))
      }
    }
    const ends = await Promise.allSettled(Array.from({ length: CLIENTS_AT_ONCE }, work))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    return {
      client: options.command,
      situations: wanted.flatMap((situation) => reports.get(situation) ?? []),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The authorities that all situations share. */
interface Cast {
  readonly root: Authority
  readonly intermediate: Authority
  readonly stranger: Authority
}

async function createCast(): Promise<Cast> {
  const root = await createAuthority()
  return {
    root,
    intermediate: await root.issueAuthority(),
    stranger: await createAuthority({ subject: 'CN=Stranger CA' }),
  }
}

async function observe(
  situation: Situation,
  cast: Cast,
  place: string,
  options: CheckClientOptions,
): Promise<SituationReport> {
  const { root, intermediate, stranger } = cast
  const direct = situation.issuer === 'stranger' ? stranger : root
  const issuer = situation.intermediate === undefined ? direct : intermediate
  const leaf = await issuer.issue({ subject: 'CN=client', ...situation.leaf })
  const seen: { readonly facts: RequestFacts; readonly request: RawRequest | undefined }[] = []
  await using emulator = await startEmulator({
    trustAnchors: root.certificatePem,
    revocationLists:
      situation.issuer === 'revoking' ? await root.revocationList([leaf.serialNumber]) : undefined,
    clock: options.clock,
    faults: situation.faults?.map(parseFault),
    ...situation.service,
    onRequest(facts, request) {
      seen.push({ facts, request })
    },
  })
  const files = await placeFiles(place, situation, leaf, cast)
  const run = await runClient(options.command, {
    env: {
      ...withoutSettings(options.env),
      HOME: place,
      ...files,
      ROLESANYWHERE_TRUST_ANCHOR_ARN: ARNS.trustAnchor,
      ROLESANYWHERE_PROFILE_ARN: ARNS.profile,
      ROLESANYWHERE_ROLE_ARN: ARNS.role,
      ROLESANYWHERE_ENDPOINT: emulator.url,
    },
    cwd: place,
    deadlineMs: options.deadlineMs ?? DEADLINE_MS,
    signal: options.signal,
  })
  const known = new Map([
    [base64(leaf), 'leaf'],
    [base64(intermediate), 'intermediate'],
    [base64(root), 'root'],
  ])
  const times = seen.map(({ facts }) => facts.at)
  const first = seen[0]?.request
  return {
    id: situation.id,
    meaning: situation.meaning,
    sent: first === undefined ? null : sentRequest(first, known),
    answers: seen.map(({ facts }) => answerOf(facts)),
    waits: times.slice(1).map((at, index) => at - (times[index] ?? at)),
    result: resultOf(run),
    exitCode: run.ended ? null : run.exitCode,
    said: withoutChance(run.stderr, place),
  }
}

/** Paths of what the client may read, under our names. */
async function placeFiles(
  place: string,
  situation: Situation,
  leaf: IssuedCertificate,
  { intermediate }: Cast,
): Promise<Readonly<Record<string, string>>> {
  const write = async (name: string, content: string): Promise<string> => {
    const path = join(place, name)
    await writeFile(path, content, { mode: 0o600 })
    return path
  }
  const bundled = situation.intermediate === 'in the certificate file'
  const certificate = leaf.certificatePem + (bundled ? intermediate.certificatePem : '')
  return {
    ROLESANYWHERE_CERTIFICATE: await write('client.pem', certificate),
    ROLESANYWHERE_PRIVATE_KEY: await write('client.key', leaf.privateKeyPem),
    ...(situation.intermediate === 'in its own file'
      ? { ROLESANYWHERE_INTERMEDIATES: await write('chain.pem', intermediate.certificatePem) }
      : {}),
  }
}

function withoutSettings(env: CheckClientOptions['env']): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(?:AWS_|ROLESANYWHERE_)/.test(name)),
  )
}

/** The status, or the fault that took its place. */
function answerOf({ status, faults }: RequestFacts): string {
  const instead = faults.find((fault) => /^(?:silence|close|reset|truncate|garbage)/.test(fault))
  return instead?.replace(/:x\d+$/, '') ?? String(status)
}

function resultOf({ stdout }: ClientRun): SituationReport['result'] {
  const text = stdout.toString('utf8')
  if (text === '') return 'nothing'
  try {
    const value: unknown = JSON.parse(text)
    const isCredentials =
      typeof value === 'object' &&
      value !== null &&
      ['AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration'].every(
        (name) => typeof (value as Record<string, unknown>)[name] === 'string',
      )
    return isCredentials ? 'credentials' : 'something else'
  } catch {
    return 'something else'
  }
}

/** The line that tells of an error, else the last one, with a word for what differs from run to run. */
function withoutChance(stderr: string, place: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '')
  return CHANCE.reduce(
    (text, [pattern, word]) => text.replace(pattern, word),
    (lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? '')
      .replaceAll(place, 'FOLDER')
      .trim(),
  )
}

const CHANCE: readonly (readonly [RegExp, string])[] = [
  [/\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?/g, 'TIME'],
  [/\b\d{8}T\d{6}Z\b/g, 'TIME'],
  [/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID'],
  [/127\.0\.0\.1:\d+(?:->127\.0\.0\.1:\d+)?/g, '127.0.0.1:PORT'],
  [/\b[0-9a-f]{30,}\b/gi, 'HEX'],
]

function base64({ certificatePem }: IssuedCertificate): string {
  return certificatePem.replace(/-----[^-]+-----|\s/g, '')
}
