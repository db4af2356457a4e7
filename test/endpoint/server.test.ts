/** The endpoint on a real socket, spoken to in raw bytes. */
import { inWords } from '../../src/core/wording.ts'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RolesAnywhereError } from '../../src/core/errors.ts'
import { ContainerToken } from '../../src/outputs/endpoint/container-token.ts'
import { MetadataTokens } from '../../src/outputs/endpoint/metadata-token.ts'
import {
  startEndpoint,
  type Endpoint,
  type EndpointOptions,
} from '../../src/outputs/endpoint/server.ts'
import { refusedHosts } from '../support/refused-hosts.ts'
import { CANARY, CREDENTIALS, servedRole } from '../support/served-role.ts'

const { token, text: secret } = ContainerToken.ephemeral()
const debugged: string[] = []

async function start(changes: Partial<EndpointOptions> = {}): Promise<Endpoint> {
  return startEndpoint({
    listen: { address: '127.0.0.1', port: 0 },
    hostNames: [],
    allowRemote: false,
    roles: [servedRole()],
    containerTokens: new Map([['default', token]]),
    metadataTokens: new MetadataTokens(),
    identityDocument: false,
    version: '0.0.0',
    clock: Date.now,
    reporter: {
      warn: (message) => debugged.push(inWords(message)),
      debug: (step, fields) => debugged.push(JSON.stringify([step, fields])),
    },
    ...changes,
  })
}

let endpoint: Endpoint
beforeAll(async () => {
  endpoint = await start()
})
afterAll(async () => {
  await endpoint[Symbol.asyncDispose]()
})

/** Everything the server says until it closes the connection, or half a second passes in silence. */
function raw(bytes: string, port = endpoint.port, host = '127.0.0.1'): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(port, host, () => socket.write(bytes))
    socket.setTimeout(500, () => socket.destroy())
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      resolve(answer)
    })
  })
}

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0)

describe('the Host header', () => {
  it('of every row of the table is refused with 403, or 400 by Node', async () => {
    for (const host of refusedHosts(endpoint.port)) {
      const answer = await raw(
        `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      )
      expect([400, 403], `Host: ${host}`).toContain(statusOf(answer))
    }
  })

  it('that is missing, doubled, or contradicted by the target is refused', async () => {
    const good = `127.0.0.1:${endpoint.port}`
    for (const head of [
      'GET /healthz HTTP/1.0\r\n',
      'GET /healthz HTTP/1.1\r\n',
      `GET /healthz HTTP/1.1\r\nHost: ${good}\r\nHost: evil\r\n`,
      `GET /healthz HTTP/1.1\r\nHost: evil\r\nHost: ${good}\r\n`,
      `GET http://evil.example/healthz HTTP/1.1\r\nHost: ${good}\r\n`,
      `GET http://${good}/healthz HTTP/1.1\r\nHost: ${good}\r\n`,
    ]) {
      expect([400, 403]).toContain(statusOf(await raw(`${head}Connection: close\r\n\r\n`)))
    }
  })

  it('of this machine passes, in any case', async () => {
    for (const host of ['127.0.0.1', 'localhost', 'LOCALHOST']) {
      const answer = await raw(
        `GET /healthz HTTP/1.1\r\nHost: ${host}:${endpoint.port}\r\nConnection: close\r\n\r\n`,
      )
      expect(statusOf(answer)).toBe(200)
    }
  })

  it('on ::1 is [::1], and a name given by option passes too', async () => {
    await using v6 = await start({
      listen: { address: '::1', port: 0 },
      hostNames: ['metadata.test'],
    })
    for (const host of ['[::1]', 'localhost', 'metadata.test']) {
      const answer = await raw(
        `GET /healthz HTTP/1.1\r\nHost: ${host}:${v6.port}\r\nConnection: close\r\n\r\n`,
        v6.port,
        '::1',
      )
      expect(statusOf(answer)).toBe(200)
    }
  })
})

function ask(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
  to: Endpoint = endpoint,
): Promise<{ status: number; body: string; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: to.address, port: to.port, path, method, headers, agent: false },
      (response) => {
        let body = ''
        response.on('data', (chunk: Buffer) => (body += chunk.toString()))
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body, headers: response.headers })
        })
      },
    )
    request.on('error', reject)
    request.end()
  })
}

it('the IMDSv2 conversation, from token to credentials', async () => {
  const ttl = { 'X-aws-ec2-metadata-token-ttl-seconds': '21600' }
  const { body: session } = await ask('/latest/api/token', ttl, 'PUT')
  const headers = { 'X-aws-ec2-metadata-token': session }
  const { body: role } = await ask('/latest/meta-data/iam/security-credentials/', headers)
  const { status, body } = await ask(`/latest/meta-data/iam/security-credentials/${role}`, headers)
  expect(status).toBe(200)
  expect(JSON.parse(body)).toMatchObject({ Code: 'Success', AccessKeyId: CREDENTIALS.accessKeyId })
})

it('the container conversation, and its log, which holds no secret', async () => {
  const { body } = await ask('/credentials/default', { authorization: secret })
  expect(JSON.parse(body)).toMatchObject({ Token: CANARY.sessionToken, AccountId: '123456789012' })
  const log = debugged.join('\n')
  expect(log).toContain('container-credentials')
  expect(log).not.toContain('canary')
  expect(log).not.toContain(secret)
})

it('no answer allows another origin', async () => {
  const { status, headers } = await ask('/healthz', { Origin: 'http://evil.example' }, 'OPTIONS')
  expect(status).toBe(403)
  expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
})

it('a body is refused and the connection closed, however it is announced', async () => {
  const host = `Host: 127.0.0.1:${endpoint.port}\r\n`
  for (const head of [
    'Content-Length: 5\r\n\r\nhello',
    'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  ]) {
    const answer = await raw(`PUT /latest/api/token HTTP/1.1\r\n${host}${head}`)
    expect(statusOf(answer)).toBe(400)
    expect(answer.toLowerCase()).toContain('connection: close')
  }
})

it('a chunked body without a byte in it is none, as s3fs sends it', async () => {
  const head = `PUT /latest/api/token HTTP/1.1\r\nHost: 127.0.0.1:${endpoint.port}\r\nX-aws-ec2-metadata-token-ttl-seconds: 60\r\n`
  const empty = await raw(`${head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n`)
  expect(statusOf(empty)).toBe(200)
  expect(empty).toMatch(/\r\n\r\n[A-Za-z0-9_-]{72}$/)
  for (const rest of [
    'Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    'Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    'Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n',
  ]) {
    expect(statusOf(await raw(head + rest)), rest).toBe(400)
  }
})

/** All that comes back when the client closes its side right behind its request. */
function halfClosed(bytes: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () =>
      socket.end(bytes),
    )
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')))
    socket.on('error', () => undefined)
    socket.on('end', () => {
      resolve(answer)
    })
  })
}

it('a client that closes its side at once gets its answer, however long that takes', async () => {
  const late = Promise.withResolvers<typeof CREDENTIALS>()
  await using waiting = await start({ roles: [servedRole({ credentials: () => late.promise })] })
  const answer = halfClosed(
    `GET /credentials/default HTTP/1.1\r\nHost: 127.0.0.1:${waiting.port}\r\nAuthorization: ${secret}\r\n\r\n`,
    waiting.port,
  )
  await ask('/healthz', {}, 'GET', waiting)
  late.resolve(CREDENTIALS)
  expect(await answer).toContain(CANARY.sessionToken)
})

it.runIf(process.platform === 'linux')(
  'that holds with a list of users too, for those on it and for others',
  async () => {
    const own = process.getuid?.() ?? 0
    for (const [allowed, status] of [
      [own, 200],
      [own + 1, 403],
    ] as const) {
      await using listed = await start({ allowedUids: new Set([allowed]) })
      const answer = await halfClosed(
        `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${listed.port}\r\n\r\n`,
        listed.port,
      )
      expect(statusOf(answer)).toBe(status)
    }
  },
)

it.runIf(process.platform === 'linux')('who is not on the list is not let sit there', async () => {
  await using shut = await start({ allowedUids: new Set([(process.getuid?.() ?? 0) + 1]) })
  const sitting = Array.from({ length: 50 }, () => raw('', shut.port))
  for (const answer of await Promise.all(sitting)) expect(statusOf(answer)).toBe(403)
  expect(statusOf(await raw('GET /hea', shut.port))).toBe(403)
})

it('without valid credentials the answer is 500, and names the code', async () => {
  const error = new RolesAnywhereError('ERR_NETWORK_CONNECT', 'refused')
  await using failing = await start({
    roles: [servedRole({ credentials: () => Promise.reject(error) })],
  })
  const { status, body } = await ask(
    '/credentials/default',
    { authorization: secret },
    'GET',
    failing,
  )
  expect(status).toBe(500)
  expect(JSON.parse(body)).toMatchObject({ code: 'ERR_NETWORK_CONNECT' })
})

it('an exception of any other kind is 500 with nothing of its text', async () => {
  await using failing = await start({
    roles: [servedRole({ credentials: () => Promise.reject(new Error('canary-x')) })],
  })
  expect(
    await ask('/credentials/default', { authorization: secret }, 'GET', failing),
  ).toMatchObject({ status: 500, body: '' })
  expect(debugged.join()).not.toContain('canary-x')
})

it.runIf(process.platform === 'linux')('only listed users are let in', async () => {
  const own = process.getuid?.() ?? 0
  await using open = await start({ allowedUids: new Set([own]) })
  await using shut = await start({ allowedUids: new Set([own + 1]) })
  expect(await ask('/healthz', {}, 'GET', open)).toMatchObject({ status: 200 })
  expect(await ask('/healthz', {}, 'GET', shut)).toMatchObject({ status: 403 })
})

it('a port that is taken is an error that names it, and the first server goes on', async () => {
  await expect(
    start({ listen: { address: '127.0.0.1', port: endpoint.port } }),
  ).rejects.toMatchObject({
    code: 'ERR_OUTPUT_ADDRESS_IN_USE',
    message: expect.stringContaining(String(endpoint.port)) as string,
  })
  expect(await ask('/healthz')).toMatchObject({ status: 200 })
})

it('a stop lets the answer under way end', async () => {
  const late = Promise.withResolvers<typeof CREDENTIALS>()
  const stopping = await start({ roles: [servedRole({ credentials: () => late.promise })] })
  const answer = ask('/credentials/default', { authorization: secret }, 'GET', stopping)
  await ask('/healthz', {}, 'GET', stopping)
  const stopped = stopping[Symbol.asyncDispose]()
  late.resolve(CREDENTIALS)
  expect(await answer).toMatchObject({ status: 200 })
  await stopped
  await expect(ask('/healthz', {}, 'GET', stopping)).rejects.toThrow('ECONNREFUSED')
})
