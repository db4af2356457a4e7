/**
 * The serving half of the program inside this process, with a clock that a fault can move: real
 * engine, real endpoint, real CreateSession over a socket.
 *
 * @module
 */

import { createPrivateKey, sign, X509Certificate } from 'node:crypto'
import { signingAlgorithmOf } from '../../src/core/algorithms.ts'
import { parseProfileArn, parseRoleArn, parseTrustAnchorArn } from '../../src/core/arn.ts'
import type { Identity } from '../../src/core/ports.ts'
import { startEmulator, type Emulator } from '../../src/emulator/emulator.ts'
import { parseFault } from '../../src/emulator/faults.ts'
import { createAuthority } from '../../src/emulator/throwaway-pki.ts'
import { ContainerToken } from '../../src/outputs/endpoint/container-token.ts'
import { MetadataTokens } from '../../src/outputs/endpoint/metadata-token.ts'
import { startEndpoint, type Endpoint } from '../../src/outputs/endpoint/server.ts'
import { createSession } from '../../src/session/create-session.ts'
import { RefreshEngine } from '../../src/session/refresh-engine.ts'
import { createTransport } from '../../src/transport/send.ts'
import { realTime } from '../support/real-time.ts'

export interface Serving extends AsyncDisposable {
  readonly engine: RefreshEngine
  readonly endpoint: Endpoint
  readonly emulator: Emulator
  readonly warnings: readonly string[]
  /** A GET of the credentials, whole. */
  readonly request: string
  /** Time passes for the helper and the service, in which neither does anything. */
  jump(ms: number): void
}

export interface ServingOptions {
  readonly faults?: readonly string[]
  /** Faults that begin only once there are credentials. */
  readonly isDown?: () => boolean
}

const UUID = '11111111-2222-3333-4444-555555555555'
const ARN = 'arn:aws:rolesanywhere:eu-central-1:111122223333'

export async function startServing(options: ServingOptions = {}): Promise<Serving> {
  let offsetMs = 0
  const time = realTime(() => offsetMs)
  const { clock, serverClock } = time
  const authority = await createAuthority()
  const { certificatePem, privateKeyPem } = await authority.issue({ keyType: 'ec' })
  const emulator = await startEmulator({
    trustAnchors: authority.certificatePem,
    clock,
    faults: (options.faults ?? []).map(parseFault),
  })
  const key = createPrivateKey(privateKeyPem)
  const nothing = async (): Promise<void> => Promise.resolve()
  const identity: Identity = {
    certificate: new X509Certificate(certificatePem),
    chain: [],
    signer: {
      algorithm: signingAlgorithmOf(key),
      sign: async (message) => Promise.resolve(sign('sha256', message, key)),
      [Symbol.asyncDispose]: nothing,
    },
    [Symbol.asyncDispose]: nothing,
  }
  const transport = createTransport({ userAgent: 'faults' })
  const warnings: string[] = []
  const reporter = { warn: (text: string) => void warnings.push(text), debug: () => undefined }
  const roleArn = parseRoleArn('arn:aws:iam::111122223333:role/faults')
  const engine = new RefreshEngine({
    obtain: async (signal) =>
      createSession(
        {
          trustAnchorArn: parseTrustAnchorArn(`${ARN}:trust-anchor/${UUID}`),
          profileArn: parseProfileArn(`${ARN}:profile/${UUID}`),
          roleArn,
          region: 'eu-central-1',
          endpoint: new URL(options.isDown?.() === true ? 'http://127.0.0.1:1' : emulator.url),
        },
        {
          ...time,
          identity,
          send: transport.send,
          signal,
          reporter,
          maxAttempts: 1,
        },
      ),
    ...time,
    clock: () => serverClock.now(),
    reporter,
  })
  const { token, text } = ContainerToken.ephemeral()
  const endpoint = await startEndpoint({
    listen: { address: '127.0.0.1', port: 0 },
    hostNames: [],
    allowRemote: false,
    roles: [
      {
        profile: 'default',
        roleArn: roleArn.text,
        accountId: roleArn.accountId,
        region: 'eu-central-1',
        credentials: async () => engine.credentials(),
        current: () => engine.current(),
        status: () => engine.status(),
        certificateExpiresAt: () => identity.certificate.validToDate.getTime(),
      },
    ],
    containerTokens: new Map([['default', token]]),
    metadataTokens: new MetadataTokens(),
    identityDocument: false,
    version: '0.0.0',
    clock,
    reporter,
  })
  return {
    engine,
    endpoint,
    emulator,
    warnings,
    request: `GET /credentials/default HTTP/1.1\r\nHost: 127.0.0.1:${endpoint.port}\r\nAuthorization: ${text}\r\n\r\n`,
    jump(ms) {
      offsetMs += ms
    },
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]()
      await endpoint[Symbol.asyncDispose]()
      await transport[Symbol.asyncDispose]()
      await emulator.close()
    },
  }
}
