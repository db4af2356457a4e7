/**
 * An endpoint of the real server with the credentials of a test, for peers that are on another machine:
 * started in a network of its own.
 *
 * `remote-endpoint.ts ADDRESS`: prints one line of JSON once it listens, and goes on until it is killed.
 *
 * @module
 */

import { ContainerToken } from '../../src/outputs/endpoint/container-token.ts'
import { startMonitor } from '../../src/outputs/endpoint/monitoring.ts'
import { startEndpoint } from '../../src/outputs/endpoint/server.ts'
import { servedRole } from './served-role.ts'

const [address = ''] = process.argv.slice(2)
const { token, text } = ContainerToken.ephemeral()
const roles = [servedRole()]
const requests = new Map<string, number>()
const endpoint = await startEndpoint({
  listen: { address, port: 0 },
  hostNames: [],
  allowRemote: true,
  roles,
  containerTokens: new Map([['default', token]]),
  metadataTokens: undefined,
  identityDocument: false,
  version: '0.0.0',
  clock: Date.now,
  reporter: { warn: () => undefined, debug: () => undefined },
  requests,
})
const monitor = await startMonitor({ address, port: 0 }, { roles, requests, version: '0.0.0' })
process.stdout.write(
  `${JSON.stringify({ endpoint: endpoint.url, monitor: monitor.url, token: text })}\n`,
)
