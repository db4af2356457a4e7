/**
 * L8h: an hour of real time for `serve`, with what it holds at each minute.
 *
 * @see reliability.md 6a
 * @module
 */

import { parseFault } from '../../src/emulator/faults.ts'
import { ask, open } from './load-client.ts'
import { sleep, type FaultRow } from './row.ts'
import { descriptors, rssMiB, withServe, type ServingProcess } from './serving-process.ts'

const MINUTES = Number(process.env['ROLESANYWHERE_FAULT_SOAK_MINUTES'] ?? '60')

/** The first quarter is the start: Node's heap grows until its collector knows the program. */
const FIRST_COUNTED = Math.floor(MINUTES / 4)

/** Of its size, in an hour. */
const MAX_SLOPE = 0.1

/** Refreshed after 60 to 100 s: as often as is allowed. */
const LIFETIME_SECONDS = 300

export const SOAK_ROW: FaultRow = {
  id: 'L8h',
  what: `soak in real time: ${MINUTES} min, 10 requests/s, a metadata token each second, a refresh every 60 to 100 s`,
  target: `every answer good and > 60 s left, 0 refreshes failed, RSS slope <= ${MAX_SLOPE * 100} % an hour, descriptors level`,
  isOnlyByName: true,
  run: async () => withServe(soak, { faults: [parseFault(`expires-in=${LIFETIME_SECONDS}`)] }),
}

async function soak({ world, pid, port, request }: ServingProcess) {
  const head = `HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`
  const put = `PUT /latest/api/token ${head}X-aws-ec2-metadata-token-ttl-seconds: 60\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`
  const startedAt = performance.now()
  const samples: { hours: number; rss: number; open: number }[] = []
  let bad = 0
  let answers = 0
  let least = Infinity
  for (let minute = 1; minute <= MINUTES; minute += 1) {
    const end = startedAt + minute * 60_000
    for (let beat = 0; performance.now() < end; beat += 1) {
      const isToken = beat % 10 === 0
      const socket = await open(port)
      const { status, body } = await ask(socket, isToken ? put : request)
      socket.destroy()
      answers += 1
      if (status !== '200') bad += 1
      else if (!isToken) {
        const { Expiration: text } = JSON.parse(body) as { Expiration: string }
        least = Math.min(least, Date.parse(text) - Date.now())
      }
      await sleep(100)
    }
    samples.push({ hours: minute / 60, rss: rssMiB(pid), open: descriptors(pid) })
  }
  const counted = samples.slice(FIRST_COUNTED)
  const slope = slopeOf(counted.map(({ hours, rss }) => [hours, rss]))
  const rss = counted.reduce((sum, sample) => sum + sample.rss, 0) / counted.length
  const drift = (counted.at(-1)?.open ?? NaN) - (counted[0]?.open ?? NaN)
  const refused = world.emulator.requests.filter(({ status }) => status !== 201).length
  return {
    figure: `${answers} answers, ${bad} bad, at least ${(least / 1000).toFixed(0)} s left, ${world.emulator.requestCount} refreshes, ${refused} failed, RSS ${rss.toFixed(1)} MiB on average, slope ${slope.toFixed(2)} MiB an hour (${((slope / rss) * 100).toFixed(1)} %), descriptors ${drift >= 0 ? '+' : ''}${drift}; each ten minutes ${samples
      .filter((_, index) => index % 10 === 9)
      .map((sample) => sample.rss.toFixed(1))
      .join(', ')}`,
    held:
      bad === 0 &&
      refused === 0 &&
      least > 60_000 &&
      Math.abs(drift) <= 3 &&
      slope / rss <= MAX_SLOPE,
  }
}

/** The rise of the line through the points that leaves the least squares. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (pick: 0 | 1): number =>
    points.reduce((sum, point) => sum + point[pick], 0) / points.length
  const [x, y] = [mean(0), mean(1)]
  const above = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0)
  const below = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0)
  return above / below
}
