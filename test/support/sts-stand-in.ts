/**
 * A stand-in for STS on this machine: takes the credentials that an emulator issued, and only those.
 *
 * It recomputes each signature with the secret it was told, checks session token, date and expiry, and
 * answers GetCallerIdentity and AssumeRole in the service's XML. Unmodified clients use it by
 * `AWS_ENDPOINT_URL_STS`.
 *
 * @see AWS STS API Reference
 * @module
 */

import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AssumedSession } from '../../src/emulator/create-session.ts'
import {
  assumeRole,
  parseAssumeRole,
  type AssumeRoleRequest,
  type StandInRole,
} from './sts/assume-role.ts'
import { fromRolesAnywhere, type KnownSession } from './sts/session-book.ts'
import { StsError } from './sts/sts-error.ts'
import { verifySigV4, type ReceivedRequest } from './sts/verify-sigv4.ts'

export type { StandInRole } from './sts/assume-role.ts'

export interface StsStandInOptions {
  /** Milliseconds since the epoch; default the machine's. */
  readonly clock?: (() => number) | undefined
  /** The roles there are to assume. */
  readonly roles?: readonly StandInRole[] | undefined
}

/** One call as it was answered. Holds no secret. */
export interface StsCall {
  readonly action: string
  /** ARN of who called; empty when nobody was recognised. */
  readonly caller: string
  /** The signature's region. */
  readonly region: string
  /** `ok`, or the code of the error. */
  readonly outcome: string
  /** Of an AssumeRole that could be read. */
  readonly assumeRole?: AssumeRoleRequest
  readonly userAgent: string
}

export interface StsStandIn extends AsyncDisposable {
  /** For `AWS_ENDPOINT_URL_STS`. */
  readonly url: string
  /** Oldest first. */
  readonly calls: readonly StsCall[]
  /** Tells it of a session; made to be an emulator's `onSession`. */
  readonly onSession: (session: AssumedSession) => void
}

/**
 * Starts one on a free port of 127.0.0.1.
 *
 * @example
 * await using sts = await startStsStandIn({ roles: [{ arn: ROLE, externalId: 'secret-word' }] })
 * await using emulator = await startEmulator({ trustAnchors, clock: Date.now, onSession: sts.onSession })
 */
export async function startStsStandIn({
  clock = Date.now,
  roles = [],
}: StsStandInOptions = {}): Promise<StsStandIn> {
  const sessions = new Map<string, KnownSession>()
  const calls: StsCall[] = []
  const add = (session: KnownSession): void => {
    sessions.set(session.accessKeyId, session)
  }
  const answer = (request: ReceivedRequest, call: Writable<StsCall>): string => {
    const { session: caller, region } = verifySigV4(request, sessions, clock())
    Object.assign(call, { caller: caller.arn, region })
    const parameters = new URLSearchParams(request.body.toString('utf8'))
    if (parameters.get('Version') !== '2011-06-15') {
      throw new StsError(400, 'NoSuchVersion', 'Could not find the API version')
    }
    switch (call.action) {
      case 'GetCallerIdentity':
        return identityXml(caller)
      case 'AssumeRole': {
        call.assumeRole = parseAssumeRole(parameters)
        const assumed = assumeRole(call.assumeRole, caller, roles, clock())
        add(assumed.session)
        return assumedXml(assumed.session, assumed.packedPolicySize)
      }
      default:
        throw new StsError(400, 'InvalidAction', `Could not find operation ${call.action}`)
    }
  }
  const server = createServer((incoming, outgoing) => {
    void readBody(incoming).then((body) => {
      const call: Writable<StsCall> = {
        action: new URLSearchParams(body.toString('utf8')).get('Action') ?? '',
        caller: '',
        region: '',
        outcome: 'ok',
        userAgent: incoming.headers['user-agent'] ?? '',
      }
      calls.push(call)
      const requestId = randomUUID()
      const request: ReceivedRequest = {
        method: incoming.method ?? '',
        target: incoming.url ?? '',
        rawHeaders: incoming.rawHeaders,
        body,
      }
      let status = 200
      let result: string
      try {
        result = `<${call.action}Response xmlns="${NAMESPACE}">${answer(request, call)}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${call.action}Response>`
      } catch (error) {
        const known =
          error instanceof StsError ? error : new StsError(500, 'InternalFailure', String(error))
        call.outcome = known.code
        status = known.status
        result = errorXml(known, requestId)
      }
      outgoing.writeHead(status, {
        'content-type': 'text/xml',
        date: new Date(clock()).toUTCString(),
        'x-amzn-requestid': requestId,
      })
      outgoing.end(result)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    onSession(session) {
      add(fromRolesAnywhere(session))
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function identityXml({ arn, userId, account }: KnownSession): string {
  return element('GetCallerIdentityResult', { Arn: arn, UserId: userId, Account: account })
}

function assumedXml(session: KnownSession, packedPolicySize: number): string {
  return element('AssumeRoleResult', {
    AssumedRoleUser: { AssumedRoleId: session.userId, Arn: session.arn },
    Credentials: {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      SessionToken: session.sessionToken,
      Expiration: `${new Date(session.expiration).toISOString().slice(0, 19)}Z`,
    },
    PackedPolicySize: String(packedPolicySize),
    ...(session.sourceIdentity === undefined ? {} : { SourceIdentity: session.sourceIdentity }),
  })
}

function errorXml({ code, message }: StsError, requestId: string): string {
  const error = element('Error', { Type: 'Sender', Code: code, Message: message })
  return `<ErrorResponse xmlns="${NAMESPACE}">${error}<RequestId>${requestId}</RequestId></ErrorResponse>`
}

interface XmlTree {
  readonly [name: string]: string | XmlTree
}

function element(name: string, content: string | XmlTree): string {
  const inner =
    typeof content === 'string'
      ? content.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
      : Object.entries(content)
          .map(([child, value]) => element(child, value))
          .join('')
  return `<${name}>${inner}</${name}>`
}

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/'
