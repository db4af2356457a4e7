/**
 * Sends one request once: who signed it, and whether to try again, are others' business.
 *
 * A try has three deadlines: until the connection stands (name look-up, TCP, proxy, TLS), until the head
 * of the answer has come, and until all of it has. Each connection serves one request.
 *
 * @module
 */

import type { Socket } from 'node:net'
import type { HttpRequest, HttpResponse, Send } from '../core/ports.ts'
import { nextTurn } from '../machine/wait.ts'
import { certificateBlocks, type CaBundle } from './ca-bundle.ts'
import { connect } from './connect.ts'
import type { Phase } from './connection-failures.ts'
import { Deadlines } from './deadlines.ts'
import { EarlyConnection } from './early-connection.ts'
import { peerOf, type Peer } from './peer.ts'
import { proxyFor, type ProxySettings } from './proxy.ts'
import type { ServerFacts } from './server-facts.ts'
import type { Trust } from './trust.ts'

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
  /** Looks on. Default: nobody does. */
  readonly observer?: Observer | undefined
}

/** Sees what a try comes to, for those who explain it. */
export interface Observer {
  /** The proxy that the endpoint is reached through, before it is connected to. */
  onProxy(proxy: Peer | undefined): void
  /** A phase begins. */
  onPhase(phase: Phase, peer: Peer): void
  /** The connection stands, TLS included. */
  onConnected(server: ServerFacts): void
}

export interface Transport extends AsyncDisposable {
  /**
   * Opens the connection for the next request to `url` ahead of it, and loads what sending needs, in
   * pieces between which the event loop can attend to the handshakes. Resolves when that is loaded,
   * whatever has become of the connection; what is wrong with the latter is said by `send`.
   */
  prepare(url: URL): Promise<void>
  /** Its errors, besides those of connection and answer: ERR_CONFIG_CA_BUNDLE_INVALID. */
  readonly send: Send
}

const DEFAULT_TIMEOUTS: Timeouts = { connectMs: 5_000, firstByteMs: 10_000, totalMs: 15_000 }

/**
 * @throws {RolesAnywhereError} ERR_CONFIG_CA_BUNDLE_INVALID when a bundle holds no certificate. A broken one
 *   in it is met by `send`.
 * @example
 * await using transport = createTransport({ userAgent: 'rolesanywhere/1.0.0' })
 * const response = await transport.send(request, { signal })
 */
export function createTransport(options: TransportOptions): Transport {
  if (options.caBundle !== undefined) certificateBlocks(options.caBundle)
  let trust: Promise<Trust> | undefined
  const settings: TrySettings = {
    userAgent: options.userAgent,
    proxy: options.proxy ?? {},
    verifyTls: options.verifyTls ?? true,
    timeouts: { ...DEFAULT_TIMEOUTS, ...options.timeouts },
    observer: options.observer,
    // What TLS needs is loaded while TCP's handshake is under way.
    trust: async () =>
      await (trust ??= import('./trust.ts').then(({ createTrust }) =>
        createTrust(options.caBundle),
      )),
  }
  const closing = new AbortController()
  let early: EarlyConnection | undefined
  return {
    async prepare(url) {
      early?.close()
      early = new EarlyConnection(url, openEarly(url, settings, closing.signal))
      await nextTurn()
      await import('./exchange.ts')
    },
    async send(request, { signal } = {}) {
      const signals = signal === undefined ? [closing.signal] : [closing.signal, signal]
      return await sendOnce(request, settings, AbortSignal.any(signals), early?.take(request.url))
    },
    async [Symbol.asyncDispose]() {
      early?.close()
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
  readonly trust: () => Promise<Trust>
  readonly observer: Observer | undefined
}

async function sendOnce(
  request: HttpRequest,
  settings: TrySettings,
  signal: AbortSignal,
  early: Promise<Socket> | undefined,
): Promise<HttpResponse> {
  const { timeouts } = settings
  using deadlines = new Deadlines(request.url, signal)
  deadlines.signal.throwIfAborted()
  deadlines.add(timeouts.totalMs)
  const socket = await (early === undefined
    ? open(request.url, settings, deadlines)
    : unlessAborted(early, deadlines.signal))
  deadlines.enter('response', peerOf(request.url, 'endpoint'))
  const endFirstByte = deadlines.add(timeouts.firstByteMs)
  const { exchange } = await import('./exchange.ts')
  return await exchange(socket, request, {
    userAgent: settings.userAgent,
    signal: deadlines.signal,
    onResponseStart: () => {
      endFirstByte()
      deadlines.enter('response body', peerOf(request.url, 'endpoint'))
    },
  })
}

async function openEarly(url: URL, settings: TrySettings, signal: AbortSignal): Promise<Socket> {
  using deadlines = new Deadlines(url, signal)
  return await open(url, settings, deadlines)
}

async function open(url: URL, settings: TrySettings, deadlines: Deadlines): Promise<Socket> {
  const { observer } = settings
  const endConnect = deadlines.add(settings.timeouts.connectMs)
  const proxy = proxyFor(url, settings.proxy)
  observer?.onProxy(proxy?.peer)
  const socket = await connect(url, {
    ...settings,
    proxy,
    signal: deadlines.signal,
    onPhase: (phase, peer) => {
      deadlines.enter(phase, peer)
      observer?.onPhase(phase, peer)
    },
  })
  endConnect()
  if (observer !== undefined) {
    const { serverFacts } = await import('./server-facts.ts')
    observer.onConnected(serverFacts(socket))
  }
  return socket
}

/** The socket, unless `signal` is aborted before: then its reason, and no socket stays behind. */
async function unlessAborted(opening: Promise<Socket>, signal: AbortSignal): Promise<Socket> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => {
    reject(signal.reason)
    opening.then(
      (socket) => socket.destroy(),
      () => undefined,
    )
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([opening, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
