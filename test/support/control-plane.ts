/**
 * A stand-in for the part of AWS that makes trust anchors, profiles and roles: enough for an unmodified AWS
 * CLI, which checks what it sends by AWS's own models. It keeps what it was asked for and gives known ARNs.
 *
 * @see IAM Roles Anywhere API Reference, CreateTrustAnchor, CreateProfile; IAM API Reference, CreateRole
 * @module
 */

import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PROFILE_ARN, ROLE_ARN, TRUST_ANCHOR_ARN } from './pki-request.ts'

export interface MadeInAws {
  readonly trustAnchor?: Readonly<Record<string, unknown>>
  readonly profile?: Readonly<Record<string, unknown>>
  /** CreateRole and AttachRolePolicy as they came. */
  readonly iam: readonly URLSearchParams[]
}

export interface ControlPlane extends AsyncDisposable {
  /** For `AWS_ENDPOINT_URL_ROLESANYWHERE` and `AWS_ENDPOINT_URL_IAM` of the AWS CLI. */
  readonly url: string
  readonly made: MadeInAws
}

export async function startControlPlane(): Promise<ControlPlane> {
  const iam: URLSearchParams[] = []
  const made: { -readonly [K in keyof MadeInAws]: MadeInAws[K] } = { iam }
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const answer = (type: string, text: string): void => {
        response.writeHead(200, { 'content-type': type }).end(text)
      }
      const json = (value: object): void => {
        answer('application/json', JSON.stringify(value))
      }
      if (request.url === '/trustanchors') {
        made.trustAnchor = JSON.parse(body) as Record<string, unknown>
        json({ trustAnchor: { trustAnchorArn: TRUST_ANCHOR_ARN } })
      } else if (request.url === '/profiles') {
        made.profile = JSON.parse(body) as Record<string, unknown>
        json({ profile: { profileArn: PROFILE_ARN } })
      } else {
        const call = new URLSearchParams(body)
        iam.push(call)
        answer('text/xml', iamAnswer(call.get('Action') ?? ''))
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    made,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function iamAnswer(action: string): string {
  const role = `<Role><Path>/</Path><Arn>${ROLE_ARN}</Arn><RoleName>x</RoleName><RoleId>x</RoleId><CreateDate>2026-01-01T00:00:00Z</CreateDate></Role>`
  const result = action === 'CreateRole' ? `<CreateRoleResult>${role}</CreateRoleResult>` : ''
  return `<${action}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/">${result}</${action}Response>`
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += String(chunk)
  return body
}
