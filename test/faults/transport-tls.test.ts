import { inspect } from 'node:util'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { RolesAnywhereError } from '../../src/core/errors.ts'
import {
  createAuthority,
  type Authority,
  type CertificateOptions,
} from '../../src/emulator/throwaway-pki.ts'
import { createTransport, type TransportOptions } from '../../src/transport/send.ts'
import {
  answering,
  connectProxy,
  requestTo,
  tcpServer,
  tlsServer,
  type SeenTunnel,
} from './transport-servers.ts'

let root: Authority
let stranger: Authority
beforeAll(async () => {
  root = await createAuthority({ subject: 'CN=Test Root' })
  stranger = await createAuthority({ subject: 'CN=Corp Inspection CA,O=Corp' })
})
afterEach(() => {
  vi.unstubAllEnvs()
})

const bundle = (): Pick<TransportOptions, 'caBundle'> => ({
  caBundle: { pem: root.certificatePem, source: 'corp-ca.pem' },
})

async function credentialsFor(authority: Authority, options: CertificateOptions = {}) {
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] }
  const issued = await authority.issue({ subject: 'CN=server', ...names, ...options })
  return { cert: issued.certificatePem, key: issued.privateKeyPem }
}

async function outcomeOf(url: string, options: Partial<TransportOptions> = {}) {
  await using transport = createTransport({ userAgent: 'test', ...options })
  return await transport.send(requestTo(url)).then(
    (response) => response.status,
    (error: unknown) => {
      if (error instanceof RolesAnywhereError) return error
      throw error
    },
  )
}

async function failureOf(url: string, options: Partial<TransportOptions> = {}) {
  const outcome = await outcomeOf(url, options)
  if (outcome instanceof RolesAnywhereError) return outcome
  throw new Error(`expected a failure, got status ${outcome}`)
}

describe('a server certificate', () => {
  it('of the CA bundle is trusted', async () => {
    await using server = await tlsServer(await credentialsFor(root))
    expect(await outcomeOf(`https://127.0.0.1:${server.port}/`, bundle())).toBe(200)
    expect(await outcomeOf(`https://localhost:${server.port}/`, bundle())).toBe(200)
  })

  it('is trusted when the bundle holds only the intermediate that issued it', async () => {
    const intermediate = await root.issueAuthority({ subject: 'CN=Issuing CA' })
    await using server = await tlsServer(await credentialsFor(intermediate))
    const caBundle = { pem: intermediate.certificatePem, source: 'issuing.pem' }
    expect(await outcomeOf(`https://127.0.0.1:${server.port}/`, { caBundle })).toBe(200)
  })

  it('of an unknown issuer is refused by default, naming the issuer', async () => {
    await using server = await tlsServer(await credentialsFor(stranger))
    const error = await failureOf(`https://127.0.0.1:${server.port}/`)
    expect(error.code).toBe('ERR_NETWORK_TLS')
    expect(error.message).toContain(
      'issued by "CN=Corp Inspection CA, O=Corp", which is not trusted',
    )
    expect(error.hint).toContain('caBundle')
    expect(error.detail).toMatchObject({
      retryable: false,
      issuer: 'CN=Corp Inspection CA, O=Corp',
    })
    // Node's own roots first, and once more with those of the system.
    expect(server.connections).toHaveLength(2)
  })

  it('of an issuer that the bundle does not hold is refused at once, naming the bundle', async () => {
    await using server = await tlsServer(await credentialsFor(stranger))
    const error = await failureOf(`https://127.0.0.1:${server.port}/`, bundle())
    expect(error.code).toBe('ERR_NETWORK_TLS')
    expect(error.hint).toContain('"corp-ca.pem"')
    expect(server.connections).toHaveLength(1)
  })

  it('of a root that the server sends along is refused, naming the issuer', async () => {
    const { cert, key } = await credentialsFor(stranger)
    await using server = await tlsServer({ cert: cert + stranger.certificatePem, key })
    const error = await failureOf(`https://127.0.0.1:${server.port}/`, bundle())
    expect(error.message).toContain('issued by "CN=Corp Inspection CA, O=Corp"')
    expect(error.detail).toMatchObject({ systemCode: 'SELF_SIGNED_CERT_IN_CHAIN' })
  })

  it('that is self-signed is called so', async () => {
    const own = await createAuthority({
      subject: 'CN=box',
      keyUsage: null,
      ipAddresses: ['127.0.0.1'],
    })
    await using server = await tlsServer({ cert: own.certificatePem, key: own.privateKeyPem })
    const error = await failureOf(`https://127.0.0.1:${server.port}/`, bundle())
    expect(error.message).toContain('a self-signed certificate, by "CN=box"')
    const caBundle = { pem: own.certificatePem, source: 'box.pem' }
    expect(await outcomeOf(`https://127.0.0.1:${server.port}/`, { caBundle })).toBe(200)
  })

  it('that has expired is called so, with its end', async () => {
    const notAfter = new Date('2021-02-03T04:05:06Z')
    await using server = await tlsServer(await credentialsFor(root, { notAfter }))
    const error = await failureOf(`https://127.0.0.1:${server.port}/`, bundle())
    expect(error.code).toBe('ERR_NETWORK_TLS')
    expect(error.message).toContain("has expired; the server's own ends at 2021-02-03T04:05:06")
    expect(error.hint).toContain('clock')
  })

  it('that is not valid yet is called so', async () => {
    const notBefore = new Date('2048-02-03T04:05:06Z')
    await using server = await tlsServer(await credentialsFor(root, { notBefore }))
    const error = await failureOf(`https://127.0.0.1:${server.port}/`, bundle())
    expect(error.message).toContain('is not valid yet')
  })

  it('for another name is called so, with the names it is for', async () => {
    const names = { dnsNames: ['elsewhere.example'], ipAddresses: [] }
    await using server = await tlsServer(await credentialsFor(root, names))
    const error = await failureOf(`https://localhost:${server.port}/`, bundle())
    expect(error.code).toBe('ERR_NETWORK_TLS')
    expect(error.message).toContain(
      'a certificate for another name: it is for DNS:elsewhere.example',
    )
  })

  it('cannot smuggle terminal escapes or line breaks into a message', async () => {
    const nasty = await createAuthority({ subject: 'CN=\u001b[31mred\nhint: run rm' })
    await using server = await tlsServer(await credentialsFor(nasty))
    const error = await failureOf(`https://127.0.0.1:${server.port}/`, bundle())
    // eslint-disable-next-line no-control-regex
    expect(error.message).not.toMatch(/[\u0000-\u001f\u007f]/)
  })

  it('is verified whatever NODE_TLS_REJECT_UNAUTHORIZED says', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    await using server = await tlsServer(await credentialsFor(stranger))
    expect(await failureOf(`https://127.0.0.1:${server.port}/`)).toMatchObject({
      code: 'ERR_NETWORK_TLS',
    })
  })

  it('is not looked at when verification is turned off by name', async () => {
    await using server = await tlsServer(await credentialsFor(stranger))
    const options = { verifyTls: false }
    expect(await outcomeOf(`https://127.0.0.1:${server.port}/`, options)).toBe(200)
  })
})

describe('TLS', () => {
  it('of version 1.1 is refused', async () => {
    await using server = await tlsServer({
      ...(await credentialsFor(root)),
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    const error = await failureOf(`https://127.0.0.1:${server.port}/`, bundle())
    expect(error.code).toBe('ERR_NETWORK_TLS')
    expect(error.message).toContain('speaks no TLS as new as 1.2')
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('of version %s is spoken', async (version) => {
    const server = await credentialsFor(root)
    await using tls = await tlsServer({ ...server, minVersion: version, maxVersion: version })
    expect(await outcomeOf(`https://127.0.0.1:${tls.port}/`, bundle())).toBe(200)
  })

  it('that turns out to be plain HTTP is told from distrust', async () => {
    await using server = await tcpServer((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))
    })
    const error = await failureOf(`https://127.0.0.1:${server.port}/`)
    expect(error.code).toBe('ERR_NETWORK_TLS')
    expect(error.message).toContain('answers, but not with TLS')
  })

  it('names the host to the server, but no IP address', async () => {
    const names: string[] = []
    const server = await credentialsFor(root)
    await using tls = await tlsServer({
      ...server,
      SNICallback(name, callback) {
        names.push(name)
        callback(null)
      },
    })
    await outcomeOf(`https://localhost:${tls.port}/`, bundle())
    await outcomeOf(`https://127.0.0.1:${tls.port}/`, bundle())
    expect(names).toEqual(['localhost'])
  })
})

describe('a CA bundle', () => {
  const withBundle = async (pem: string): Promise<unknown> => {
    await using server = await tlsServer(await credentialsFor(root))
    return await outcomeOf(`https://127.0.0.1:${server.port}/`, {
      caBundle: { pem, source: 'corp-ca.pem' },
    })
  }

  it.each([
    '',
    'no certificate here',
    '-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----',
  ])('without a certificate is refused by name', async (pem) => {
    await expect(withBundle(pem)).rejects.toMatchObject({
      code: 'ERR_CONFIG_CA_BUNDLE_INVALID',
      message: 'the CA bundle "corp-ca.pem" of caBundle holds no PEM certificate',
    })
  })

  it('with a broken certificate is refused, saying which', async () => {
    const broken = '-----BEGIN CERTIFICATE-----\nMIIBAAAA\n-----END CERTIFICATE-----\n'
    expect(await withBundle(root.certificatePem + broken)).toMatchObject({
      code: 'ERR_CONFIG_CA_BUNDLE_INVALID',
      message: expect.stringContaining('certificate 2 of 2 in the CA bundle') as string,
    })
  })

  it('may hold text around its certificates', async () => {
    expect(await withBundle(`# our root\n${root.certificatePem}\n# end\n`)).toBe(200)
  })
})

describe('a proxy', () => {
  const target = 'rolesanywhere.eu-west-1.amazonaws.com'

  it('is asked for a tunnel, and the endpoint is verified through it', async () => {
    const seen: SeenTunnel[] = []
    await using server = await tlsServer(await credentialsFor(root, { dnsNames: [target] }))
    await using proxy = await connectProxy(server.port, { seen })
    const status = await outcomeOf(`https://${target}/sessions`, {
      ...bundle(),
      proxy: { httpsProxy: `http://127.0.0.1:${proxy.port}` },
    })
    expect(status).toBe(200)
    expect(seen).toEqual([{ target: `${target}:443`, authorization: undefined }])
  })

  it('cannot pass for the endpoint', async () => {
    const seen: SeenTunnel[] = []
    await using server = await tlsServer(await credentialsFor(stranger, { dnsNames: [target] }))
    await using proxy = await connectProxy(server.port, { seen })
    const error = await failureOf(`https://${target}/sessions`, {
      ...bundle(),
      proxy: { httpsProxy: `127.0.0.1:${proxy.port}` },
    })
    expect(error.code).toBe('ERR_NETWORK_TLS')
    expect(error.message).toContain('Corp Inspection CA')
  })

  it('gets the user name and password of its address, decoded', async () => {
    const seen: SeenTunnel[] = []
    await using server = await tlsServer(await credentialsFor(root, { dnsNames: [target] }))
    await using proxy = await connectProxy(server.port, { seen })
    await outcomeOf(`https://${target}/sessions`, {
      ...bundle(),
      proxy: { httpsProxy: `http://us%40er:p%3Ass@127.0.0.1:${proxy.port}/` },
    })
    expect(seen[0]?.authorization).toBe(`Basic ${btoa('us@er:p:ss')}`)
  })

  it('may itself be reached by TLS, and is verified', async () => {
    const seen: SeenTunnel[] = []
    await using server = await tlsServer(await credentialsFor(root, { dnsNames: [target] }))
    await using plain = await connectProxy(server.port, { seen })
    const { connect } = await import('node:net')
    await using proxy = await tlsServer(await credentialsFor(root), (socket) => {
      const onward = connect(plain.port, '127.0.0.1')
      onward.on('error', () => socket.destroy())
      socket.pipe(onward).pipe(socket)
    })
    const viaTls = { httpsProxy: `https://127.0.0.1:${proxy.port}` }
    const url = `https://${target}/sessions`
    expect(await outcomeOf(url, { ...bundle(), proxy: viaTls })).toBe(200)
    expect(await failureOf(url, { proxy: viaTls })).toMatchObject({ code: 'ERR_NETWORK_TLS' })
    expect(seen).toHaveLength(1)
  })

  it.each([
    ['407 Proxy Authentication Required', false, 'write proxy as http://user:password@host:port'],
    ['403 Forbidden', false, 'allowed on the proxy'],
    ['502 Bad Gateway', true, 'could not reach the endpoint'],
  ] as const)('that answers %s', async (refusal, retryable, hint) => {
    const seen: SeenTunnel[] = []
    await using proxy = await connectProxy(0, { seen, refusal })
    const error = await failureOf(`https://${target}/sessions`, {
      proxy: { httpsProxy: `http://127.0.0.1:${proxy.port}` },
    })
    expect(error.code).toBe('ERR_NETWORK_PROXY')
    expect(error.message).toBe(
      `the proxy 127.0.0.1:${proxy.port} refused a tunnel to ${target}:443 (status ${refusal.slice(0, 3)})`,
    )
    expect(error.hint).toContain(hint)
    expect(error.detail).toMatchObject({ retryable })
  })

  it('password is in no error, whatever goes wrong', async () => {
    const seen: SeenTunnel[] = []
    await using refusing = await connectProxy(0, { seen, refusal: '407 No' })
    await using garbling = await tcpServer((socket) => {
      socket.once('data', (chunk) => socket.end(chunk))
    })
    const closed = await tcpServer(() => undefined)
    await closed[Symbol.asyncDispose]()
    for (const httpsProxy of [
      `http://user:canary@127.0.0.1:${refusing.port}`,
      `http://user:canary@127.0.0.1:${garbling.port}`,
      `http://user:canary@127.0.0.1:${closed.port}`,
      `https://user:canary@127.0.0.1:${refusing.port}`,
      'http://user:canary@[',
      'http://user:canary%@host',
      'socks5://user:canary@host',
      'user:canary@host:notaport',
    ]) {
      const error = await failureOf(`https://${target}/`, { proxy: { httpsProxy } })
      const shown = inspect(error, { depth: 9, showHidden: true })
      expect(shown).not.toContain('canary')
      expect(shown).not.toContain(btoa('user:canary'))
    }
  })

  it('that says nothing ends the wait for the connection', async () => {
    await using proxy = await tcpServer(() => undefined)
    const error = await failureOf(`https://${target}/`, {
      proxy: { httpsProxy: `http://127.0.0.1:${proxy.port}` },
      timeouts: { connectMs: 300 },
    })
    expect(error.code).toBe('ERR_NETWORK_TIMEOUT')
    expect(error.message).toContain('waiting for a tunnel from the proxy 127.0.0.1')
  })

  it('that is not there is named as the proxy', async () => {
    const closed = await tcpServer(() => undefined)
    await closed[Symbol.asyncDispose]()
    const error = await failureOf(`https://${target}/`, {
      proxy: { httpsProxy: `http://127.0.0.1:${closed.port}` },
    })
    expect(error.code).toBe('ERR_NETWORK_PROXY')
    expect(error.message).toBe(`the proxy 127.0.0.1:${closed.port} refused the connection`)
  })

  it('is left out for loopback and for what NO_PROXY lists', async () => {
    const seen: SeenTunnel[] = []
    await using server = await tlsServer(
      await credentialsFor(root),
      answering('HTTP/1.1 200 OK', 'direct'),
    )
    await using proxy = await connectProxy(server.port, { seen })
    const httpsProxy = `http://127.0.0.1:${proxy.port}`
    const options = { ...bundle(), proxy: { httpsProxy } }
    expect(await outcomeOf(`https://127.0.0.1:${server.port}/`, options)).toBe(200)
    expect(await outcomeOf(`https://localhost:${server.port}/`, options)).toBe(200)
    expect(seen).toHaveLength(0)
  })
})
