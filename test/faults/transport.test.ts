import { once } from 'node:events'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { RolesAnywhereError } from '../../src/core/errors.ts'
import { createTransport, type TransportOptions } from '../../src/transport/send.ts'
import { answering, requestTo, tcpServer } from './transport-servers.ts'

/** Short enough for a quick run, long enough for a busy machine. */
const TIMEOUTS = { connectMs: 400, firstByteMs: 400, totalMs: 900 }

async function failureOf(url: string, options: Partial<TransportOptions> = {}) {
  await using transport = createTransport({ userAgent: 'test', timeouts: TIMEOUTS, ...options })
  return await transport.send(requestTo(url)).then(
    (response) => {
      throw new Error(`expected a failure, got status ${response.status}`)
    },
    (error: unknown) => {
      if (error instanceof RolesAnywhereError) return error
      throw error
    },
  )
}

describe('an answer', () => {
  it('comes back whole, with repeated headers joined and names in lower case', async () => {
    let text = ''
    await using server = await tcpServer(
      answering(
        'HTTP/1.1 201 Created\r\nX-Amzn-RequestId: r-1\r\nX-A: 1\r\nx-a: 2',
        '{}',
        (seen) => {
          text = seen
        },
      ),
    )
    await using transport = createTransport({ userAgent: 'agent/1' })
    const url = `http://127.0.0.1:${server.port}/base/sessions?x=%20y`
    const response = await transport.send(requestTo(url))
    expect(response.status).toBe(201)
    expect(response.headers).toMatchObject({ 'x-amzn-requestid': 'r-1', 'x-a': '1, 2' })
    expect(Buffer.from(response.body).toString()).toBe('{}')
    expect(text).toMatch(/^POST \/base\/sessions\?x=%20y HTTP\/1\.1\r\n/)
    expect(text.toLowerCase()).toContain(`\r\nhost: 127.0.0.1:${server.port}\r\n`)
    expect(text).toContain('\r\naccept-encoding: identity\r\n')
    expect(text).toContain('\r\nuser-agent: agent/1\r\n')
    expect(text).toContain('\r\nconnection: close\r\n')
    expect(text).toContain('\r\ncontent-length: 17\r\n')
    expect(text).toMatch(/\r\n\r\n\{"hello":"world"\}$/)
  })

  it('leaves no connection behind', async () => {
    await using server = await tcpServer(answering('HTTP/1.1 200 OK', 'x'))
    await using transport = createTransport({ userAgent: 'test' })
    await transport.send(requestTo(`http://127.0.0.1:${server.port}/`))
    const [socket] = server.connections
    if (socket?.closed === false) await once(socket, 'close')
    expect(socket?.destroyed).toBe(true)
  })

  it('of any error status is an answer, not a failure', async () => {
    await using server = await tcpServer(answering('HTTP/1.1 403 Forbidden', '{"message":"no"}'))
    await using transport = createTransport({ userAgent: 'test' })
    const response = await transport.send(requestTo(`http://localhost:${server.port}/`))
    expect(response.status).toBe(403)
  })
})

describe('a server that is slow', () => {
  it('and says nothing after TCP ends the wait for the answer', async () => {
    await using server = await tcpServer(() => undefined)
    const error = await failureOf(`http://127.0.0.1:${server.port}/`)
    expect(error.code).toBe('ERR_NETWORK_TIMEOUT')
    expect(error.message).toBe(
      `timed out after 0.4 s waiting for an answer from 127.0.0.1:${server.port}`,
    )
    expect(error.detail).toMatchObject({ phase: 'response', retryable: true })
  })

  it('and says nothing in the TLS handshake ends the wait for the connection', async () => {
    await using server = await tcpServer(() => undefined)
    const error = await failureOf(`https://127.0.0.1:${server.port}/`)
    expect(error.code).toBe('ERR_NETWORK_TIMEOUT')
    expect(error.message).toContain('timed out after 0.4 s in the TLS handshake with 127.0.0.1')
  })

  it('and drips its body is cut off by the total deadline', async () => {
    await using server = await tcpServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n')
        const drip = setInterval(() => socket.write('x'), 20)
        socket.on('close', () => {
          clearInterval(drip)
        })
      })
    })
    const error = await failureOf(`http://127.0.0.1:${server.port}/`)
    expect(error.code).toBe('ERR_NETWORK_TIMEOUT')
    expect(error.message).toContain('timed out after 0.9 s reading the answer of')
    const [socket] = server.connections
    if (socket?.closed === false) await once(socket, 'close')
  })

  it('and drips its head is cut off by the wait for the answer', async () => {
    await using server = await tcpServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nx-slow: ')
        const drip = setInterval(() => socket.write('x'), 20)
        socket.on('close', () => {
          clearInterval(drip)
        })
      })
    })
    const error = await failureOf(`http://127.0.0.1:${server.port}/`)
    expect(error.message).toContain('timed out after 0.4 s waiting for an answer from')
  })
})

describe('a connection that breaks', () => {
  it('by refusal is told from others', async () => {
    const server = await tcpServer(() => undefined)
    const { port } = server
    await server[Symbol.asyncDispose]()
    const error = await failureOf(`http://127.0.0.1:${port}/`)
    expect(error.code).toBe('ERR_NETWORK_CONNECT')
    expect(error.message).toBe(`127.0.0.1:${port} refused the connection`)
    expect(error.detail).toMatchObject({ systemCode: 'ECONNREFUSED', retryable: true })
  })

  it('by a reset instead of an answer may be tried again', async () => {
    await using server = await tcpServer((socket) => {
      socket.once('data', () => {
        socket.resetAndDestroy()
      })
    })
    const error = await failureOf(`http://127.0.0.1:${server.port}/`)
    expect(error.code).toBe('ERR_NETWORK_CONNECT')
    expect(error.message).toBe(`127.0.0.1:${server.port} reset the connection`)
    expect(error.detail).toMatchObject({ retryable: true })
  })

  it('by a reset in the TLS handshake may be tried again', async () => {
    await using server = await tcpServer((socket) => {
      socket.once('data', () => {
        socket.resetAndDestroy()
      })
    })
    const error = await failureOf(`https://127.0.0.1:${server.port}/`)
    expect(error.code).toBe('ERR_NETWORK_CONNECT')
    expect(error.detail).toMatchObject({ systemCode: 'ECONNRESET', retryable: true })
  })

  it('by an orderly end without an answer says so', async () => {
    await using server = await tcpServer((socket) => {
      socket.once('data', () => {
        socket.end()
      })
    })
    const error = await failureOf(`http://127.0.0.1:${server.port}/`)
    expect(error.code).toBe('ERR_NETWORK_CONNECT')
    expect(error.message).toContain('closed the connection without an answer')
    expect(error.hint).toContain('does it speak https?')
  })

  it.each([
    ['a length that is not reached', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'],
    [
      'a chunk that is not finished',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n64\r\nx',
    ],
    ['a head that is not finished', 'HTTP/1.1 200 OK\r\ncontent-le'],
  ])('in the middle, with %s, is no answer', async (_name, bytes) => {
    await using server = await tcpServer((socket) => {
      socket.once('data', () => {
        socket.end(bytes)
      })
    })
    const error = await failureOf(`http://127.0.0.1:${server.port}/`)
    expect(error.code).toBe('ERR_NETWORK_CONNECT')
    expect(error.message).toContain('closed the connection')
    expect(error.detail).toMatchObject({ retryable: true })
  })

  it('for want of a name is told from others, and not tried again', async () => {
    // Longer than a label of DNS may be, so that no DNS server is asked.
    const hostname = `${'a'.repeat(64)}.invalid`
    const error = await failureOf(`https://${hostname}/sessions`)
    expect(error.code).toBe('ERR_NETWORK_DNS')
    expect(error.message).toBe(`the host name ${hostname} does not exist in DNS`)
    expect(error.detail).toMatchObject({ retryable: false })
  })
})

describe('an answer beyond the limits', () => {
  it('of 100 MB is cut off near 1 MiB', async () => {
    let sent = 0
    await using server = await tcpServer((socket) => {
      socket.once('data', () => {
        const block = Buffer.alloc(65_536, 0x20)
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${100 * 1_048_576}\r\n\r\n`)
        const more = (): void => {
          while (!socket.destroyed && sent < 100 * 1_048_576 && socket.write(block)) sent += 65_536
          if (!socket.destroyed) socket.once('drain', more)
        }
        more()
      })
    })
    const error = await failureOf(`http://127.0.0.1:${server.port}/`)
    expect(error.code).toBe('ERR_NETWORK_RESPONSE_INVALID')
    expect(error.message).toContain('is larger than 1 MiB')
    expect(error.detail).toMatchObject({ retryable: false })
    // What the kernel's buffers took on top of it.
    expect(sent).toBeLessThan(16 * 1_048_576)
  })

  it('in chunks without end is cut off near 1 MiB', async () => {
    await using server = await tcpServer((socket) => {
      socket.once('data', () => {
        const chunk = Buffer.concat([
          Buffer.from('10000\r\n'),
          Buffer.alloc(65_536, 0x20),
          Buffer.from('\r\n'),
        ])
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
        const more = (): void => {
          while (!socket.destroyed && socket.write(chunk));
          if (!socket.destroyed) socket.once('drain', more)
        }
        more()
      })
    })
    const error = await failureOf(`http://127.0.0.1:${server.port}/`)
    expect(error.message).toContain('is larger than 1 MiB')
  })

  it('of exactly 1 MiB is taken', async () => {
    await using server = await tcpServer(answering('HTTP/1.1 200 OK', 'x'.repeat(1_048_576)))
    await using transport = createTransport({ userAgent: 'test' })
    const response = await transport.send(requestTo(`http://127.0.0.1:${server.port}/`))
    expect(response.body.byteLength).toBe(1_048_576)
  })

  it('in its headers is cut off at 16 KiB', async () => {
    await using server = await tcpServer(
      answering(`HTTP/1.1 200 OK\r\nx-long: ${'x'.repeat(20_000)}`),
    )
    const error = await failureOf(`http://127.0.0.1:${server.port}/`)
    expect(error.code).toBe('ERR_NETWORK_RESPONSE_INVALID')
    expect(error.message).toContain('larger than 16 KiB')
  })

  it.each(['gzip', 'br', 'identity, gzip'])('in encoding "%s" is refused', async (encoding) => {
    await using server = await tcpServer((socket) => {
      const body = gzipSync(Buffer.alloc(10_000_000))
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: ${encoding}\r\n`)
        socket.write(`content-length: ${body.length}\r\n\r\n`)
        socket.write(body)
      })
    })
    const error = await failureOf(`http://127.0.0.1:${server.port}/`)
    expect(error.code).toBe('ERR_NETWORK_RESPONSE_INVALID')
    expect(error.message).toContain(`encoded as "${encoding}"`)
  })

  it('that is no HTTP is refused', async () => {
    await using server = await tcpServer((socket) => {
      socket.once('data', () => {
        socket.write('SSH-2.0-canary\r\n')
      })
    })
    const error = await failureOf(`http://127.0.0.1:${server.port}/`)
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('canary')
    expect(error.code).toBe('ERR_NETWORK_RESPONSE_INVALID')
    expect(error.message).toContain('is not HTTP')
  })
})

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])('with status %i is named and not followed', async (status) => {
    let followed = 0
    await using target = await tcpServer(() => {
      followed += 1
    })
    const location = `http://127.0.0.1:${target.port}/sessions?secret=canary`
    await using server = await tcpServer(
      answering(`HTTP/1.1 ${status} Elsewhere\r\nlocation: ${location}`),
    )
    const error = await failureOf(`http://127.0.0.1:${server.port}/`)
    expect(error.code).toBe('ERR_NETWORK_REDIRECT')
    expect(error.message).toContain(`redirects to 127.0.0.1:${target.port} (status ${status})`)
    expect(JSON.stringify([error.message, error.hint, error.detail])).not.toContain('canary')
    expect(followed).toBe(0)
  })

  it('without a location is an error too', async () => {
    await using server = await tcpServer(answering('HTTP/1.1 302 Found'))
    const error = await failureOf(`http://127.0.0.1:${server.port}/`)
    expect(error.code).toBe('ERR_NETWORK_REDIRECT')
  })
})

describe('plain http', () => {
  it.each(['http://192.0.2.1/', 'http://example.invalid/', 'http://[2001:db8::1]/'])(
    'to %s is refused before any connection',
    async (url) => {
      const error = await failureOf(url)
      expect(error.code).toBe('ERR_CONFIG_ENDPOINT_INVALID')
      expect(error.message).toContain('plain http is only for this machine')
    },
  )
})

describe('cancelling', () => {
  it('before the start sends nothing', async () => {
    await using server = await tcpServer(() => undefined)
    await using transport = createTransport({ userAgent: 'test' })
    await expect(
      transport.send(requestTo(`http://127.0.0.1:${server.port}/`), {
        signal: AbortSignal.abort(),
      }),
    ).rejects.toMatchObject({ code: 'ERR_CANCELLED' })
    expect(server.connections).toHaveLength(0)
  })

  it('at the very moment the connection stands is not lost', async () => {
    await using server = await tcpServer(() => undefined)
    await using transport = createTransport({ userAgent: 'test', timeouts: TIMEOUTS })
    const controller = new AbortController()
    const url = new URL(`http://127.0.0.1:${server.port}/`)
    const request = {
      ...requestTo(url.href),
      // Read only when the request is written, after the connection stands.
      get headers() {
        controller.abort()
        return {}
      },
    }
    await expect(transport.send(request, { signal: controller.signal })).rejects.toMatchObject({
      code: 'ERR_CANCELLED',
    })
  })

  it.each(['http', 'https'])(
    'while %s waits ends the request and the connection',
    async (scheme) => {
      const connected = Promise.withResolvers<undefined>()
      await using server = await tcpServer((socket) => {
        socket.once('data', () => {
          connected.resolve(undefined)
        })
      })
      await using transport = createTransport({ userAgent: 'test' })
      const controller = new AbortController()
      const sending = transport.send(requestTo(`${scheme}://127.0.0.1:${server.port}/`), {
        signal: controller.signal,
      })
      const outcome = expect(sending).rejects.toMatchObject({ code: 'ERR_CANCELLED' })
      await connected.promise
      controller.abort()
      await outcome
      const [socket] = server.connections
      if (socket?.closed === false) await once(socket, 'close')
    },
  )

  it('by disposing of the transport ends what is under way', async () => {
    const connected = Promise.withResolvers<undefined>()
    await using server = await tcpServer((socket) => {
      socket.once('data', () => {
        connected.resolve(undefined)
      })
    })
    const transport = createTransport({ userAgent: 'test' })
    const sending = transport.send(requestTo(`http://127.0.0.1:${server.port}/`))
    const outcome = expect(sending).rejects.toMatchObject({ code: 'ERR_CANCELLED' })
    await connected.promise
    await transport[Symbol.asyncDispose]()
    await outcome
  })
})
