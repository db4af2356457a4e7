/**
 * A way over loopback that is as long as one over a network: half a round trip each way, and one round
 * trip more before the first byte, for TCP's handshake, which loopback ends at once.
 *
 * A process of its own: `node bench/delay-proxy.ts PORT ROUND_TRIP_MS` prints the port that leads to
 * PORT of this machine, and ends with its standard input.
 *
 * @module
 */

import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

const [port = Number.NaN, roundTripMs = Number.NaN] = process.argv.slice(2).map(Number)
if (!Number.isFinite(port + roundTripMs)) {
  throw new TypeError('usage: node bench/delay-proxy.ts PORT ROUND_TRIP_MS')
}

const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  const service = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
  delay(client, service, roundTripMs)
  delay(service, client, 0)
})
server.listen(0, '127.0.0.1', () => {
  console.log((server.address() as AddressInfo).port)
})
process.stdin.on('end', () => process.exit(0)).resume()

/** Everything in the order in which it came; `extraMs` delays what comes first. */
function delay(from: Socket, to: Socket, extraMs: number): void {
  const openAt = performance.now() + extraMs
  const later = (act: () => void): void => {
    const dueAt = Math.max(performance.now(), openAt) + roundTripMs / 2
    setTimeout(act, dueAt - performance.now())
  }
  from.on('data', (chunk) => {
    later(() => to.write(chunk))
  })
  from.on('end', () => {
    later(() => to.end())
  })
  from.on('error', () => to.destroy())
  from.on('close', () => {
    later(() => to.destroy())
  })
}
