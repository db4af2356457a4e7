/**
 * Sends one request once: who signed it, and whether to try again, are others' business.
 *
 * A try has three deadlines: until the connection stands (name look-up, TCP, proxy, TLS), until the head
 * of the answer has come, and until all of it has. Each connection serves one request.
 *
 * @module
 */

import type { HttpRequest, HttpResponse, Send } from '../core/ports.ts'
import { connect } from './connect.ts'
import { cancelled, timeoutFailure, type Phase } from './connection-failures.ts'
import { exchange } from './exchange.ts'
import { peerOf, type Peer } from './peer.ts'
import { proxyFor, type ProxySettings } from './proxy.ts'
import { createTrust, type CaBundle, type Trust } from './trust.ts'

export interface Timeouts {
  /** Milliseconds until the connection stands, TLS included. Default 5,000. */
  readonly connectMs: number
  /** Milliseconds from there to the head of the answer. Default 10,000. */
  readonly firstByteMs: number
  /** Milliseconds for all of it. Default 15,000. */
  readonly totalMs: number
}

export interface TransportOptions {
  readonly userAgent: string
  /** Replaces every other root. Default: Node's roots, and the system's where those do not reach. */
  readonly caBundle?: CaBundle | undefined
  /** From HTTPS_PROXY and NO_PROXY. Default: no proxy. */
  readonly proxy?: ProxySettings | undefined
  /** Default true. With false anyone on the way can read and answer requests: warn on every run. */
  readonly verifyTls?: boolean | undefined
  readonly timeouts?: Partial<Timeouts> | undefined
}

export interface Transport extends AsyncDisposable {
  readonly send: Send
}

const DEFAULT_TIMEOUTS: Timeouts = { connectMs: 5_000, firstByteMs: 10_000, totalMs: 15_000 }

/**
 * @throws {RolesAnywhereError} ERR_CONFIG_CA_BUNDLE_INVALID
 * @example
 * await using transport = createTransport({ userAgent: 'rolesanywhere/1.0.0' })
 * const response = await transport.send(request, { signal })
 */
export function createTransport(options: TransportOptions): Transport {
  const settings: TrySettings = {
    userAgent: options.userAgent,
    proxy: options.proxy ?? {},
    verifyTls: options.verifyTls ?? true,
    timeouts: { ...DEFAULT_TIMEOUTS, ...options.timeouts },
    trust: createTrust(options.caBundle),
  }
  const closing = new AbortController()
  return {
    async send(request, { signal } = {}) {
      const signals = signal === undefined ? [closing.signal] : [closing.signal, signal]
      return await sendOnce(request, settings, AbortSignal.any(signals))
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
      return Promise.resolve()
    },
  }
}

interface TrySettings {
  readonly userAgent: string
  readonly proxy: ProxySettings
  readonly verifyTls: boolean
  readonly timeouts: Timeouts
  readonly trust: Trust
}

async function sendOnce(
  request: HttpRequest,
  settings: TrySettings,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const { proxy, timeouts } = settings
  using deadlines = new Deadlines(request.url, signal)
  deadlines.signal.throwIfAborted()
  deadlines.add(timeouts.totalMs)
  const endConnect = deadlines.add(timeouts.connectMs)
  const socket = await connect(request.url, {
    ...settings,
    proxy: proxyFor(request.url, proxy),
    signal: deadlines.signal,
    onPhase: (phase, peer) => {
      deadlines.enter(phase, peer)
    },
  })
  endConnect()
  deadlines.enter('response', peerOf(request.url, 'endpoint'))
  const endFirstByte = deadlines.add(timeouts.firstByteMs)
  return await exchange(socket, request, {
    userAgent: settings.userAgent,
    signal: deadlines.signal,
    onResponseStart: () => {
      endFirstByte()
      deadlines.enter('response body', peerOf(request.url, 'endpoint'))
    },
  })
}

/** Ends a try when the caller wants it or its time is up, and knows what it was busy with then. */
class Deadlines implements Disposable {
  readonly #controller = new AbortController()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #caller: AbortSignal
  readonly #onCancel = (): void => {
    this.#controller.abort(cancelled(this.#caller.reason))
  }
  #phase: Phase = 'connection'
  #peer: Peer

  constructor(url: URL, caller: AbortSignal) {
    this.#peer = peerOf(url, 'endpoint')
    this.#caller = caller
    if (caller.aborted) this.#onCancel()
    else caller.addEventListener('abort', this.#onCancel, { once: true })
  }

  /** Its reason is always a RolesAnywhereError. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  enter(phase: Phase, peer: Peer): void {
    this.#phase = phase
    this.#peer = peer
  }

  /** Aborts after `timeoutMs`, unless the returned function is called first. */
  add(timeoutMs: number): () => void {
    const timer = setTimeout(() => {
      this.#controller.abort(timeoutFailure(this.#phase, this.#peer, timeoutMs))
    }, timeoutMs)
    this.#timers.add(timer)
    return () => {
      clearTimeout(timer)
    }
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#caller.removeEventListener('abort', this.#onCancel)
  }
}
