import { describe, expect, it } from 'vitest'
import { connectionFailure } from '../../../src/transport/connection-failures.ts'
import type { Peer } from '../../../src/transport/peer.ts'

const AWS: Peer = { role: 'endpoint', hostname: 'aws.example', port: 443 }
const PROXY: Peer = { role: 'proxy', hostname: 'cache.example', port: 3128 }

const failed = (code: string): Error => Object.assign(new Error('x'), { code })

describe('a failure of the system', () => {
  it.each([
    ['ENOTFOUND', 'ERR_NETWORK_DNS', 'the host name aws.example does not exist in DNS', false],
    ['EAI_AGAIN', 'ERR_NETWORK_DNS', 'the host name aws.example cannot be looked up now', true],
    ['ECONNREFUSED', 'ERR_NETWORK_CONNECT', 'aws.example:443 refused the connection', true],
    ['ECONNRESET', 'ERR_NETWORK_CONNECT', 'aws.example:443 reset the connection', true],
    ['EPIPE', 'ERR_NETWORK_CONNECT', 'aws.example:443 closed the connection', true],
    ['ENETUNREACH', 'ERR_NETWORK_CONNECT', 'aws.example:443 cannot be reached', true],
    ['EHOSTUNREACH', 'ERR_NETWORK_CONNECT', 'aws.example:443 cannot be reached', true],
    ['ETIMEDOUT', 'ERR_NETWORK_TIMEOUT', 'aws.example:443 did not answer', true],
    ['EWHATEVER', 'ERR_NETWORK_CONNECT', 'aws.example:443 could not be reached (EWHATEVER)', true],
  ])('%s has its own message', (systemCode, code, message, retryable) => {
    const error = connectionFailure(failed(systemCode), AWS)
    expect(error.code).toBe(code)
    expect(error.message).toContain(message)
    expect(error.hint).not.toBe('')
    expect(error.detail).toMatchObject({ systemCode, retryable })
  })

  it('of a name asks for the proxy that may be missing', () => {
    const { hint } = connectionFailure(failed('ENOTFOUND'), AWS)
    expect(hint).toMatch(/resolve names; where a proxy is required, give it with proxy$/)
  })

  it('on the way to a proxy is for the one who set the proxy', () => {
    const error = connectionFailure(failed('ENOTFOUND'), PROXY)
    expect(error.code).toBe('ERR_NETWORK_PROXY')
    expect(error.message).toBe('the host name cache.example of the proxy does not exist in DNS')
    expect(error.hint).toMatch(/^check proxy; /)
  })
})
