/**
 * What unmodified AWS clients once sent, replayed at the endpoint: every request is answered. The
 * clients themselves are run in test/interop/endpoint-clients.test.ts.
 */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ContainerToken } from '../../src/outputs/endpoint/container-token.ts'
import { MetadataTokens } from '../../src/outputs/endpoint/metadata-token.ts'
import { startEndpoint, type Endpoint } from '../../src/outputs/endpoint/server.ts'
import { servedRole } from '../support/served-role.ts'
import { VECTORS } from './vectors.ts'

interface RecordedRequest {
  readonly method: string
  readonly url: string
  readonly rawHeaders: readonly (readonly [name: string, value: string])[]
}

interface Recording {
  readonly client: string
  readonly mode: string
  readonly requests: readonly RecordedRequest[]
}

const text = readFileSync(new URL('real-client-requests/requests.json', VECTORS), 'utf8')
const recordings = JSON.parse(text) as readonly Recording[]
const { token, text: secret } = ContainerToken.ephemeral()
let endpoint: Endpoint

beforeAll(async () => {
  endpoint = await startEndpoint({
    listen: { address: '127.0.0.1', port: 0 },
    hostNames: [],
    allowRemote: false,
    roles: [servedRole({ roleArn: 'arn:aws:iam::123456789012:role/role' })],
    containerTokens: new Map([['default', token]]),
    metadataTokens: new MetadataTokens(),
    identityDocument: false,
    version: '0.0.0',
    clock: Date.now,
    reporter: { warn: () => undefined, debug: () => undefined },
  })
})

afterAll(async () => {
  await endpoint[Symbol.asyncDispose]()
})

/** The same request with the names and secrets of here in place of those of then. */
async function replay({ method, url, rawHeaders }: RecordedRequest, metadataToken: string) {
  const here: Readonly<Record<string, string>> = {
    host: `127.0.0.1:${endpoint.port}`,
    authorization: secret,
    'x-aws-ec2-metadata-token': metadataToken,
  }
  const sent = request({
    host: '127.0.0.1',
    port: endpoint.port,
    method,
    path: url === '/creds' ? '/credentials/default' : url,
    headers: rawHeaders.flatMap(([name, value]) => [name, here[name.toLowerCase()] ?? value]),
  }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const chunks = await response.toArray()
  return { status: response.statusCode, body: Buffer.concat(chunks as Buffer[]).toString() }
}

describe('requests that real clients sent', () => {
  it.each(recordings)('$client, $mode', async ({ requests }) => {
    expect(requests.length).toBeGreaterThan(0)
    let metadataToken = ''
    for (const recorded of requests) {
      const { status, body } = await replay(recorded, metadataToken)
      expect(status).toBe(200)
      if (recorded.method === 'PUT') metadataToken = body
    }
  })
})
