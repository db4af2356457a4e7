/**
 * Many HTTP clients in one thread, as raw sockets: cheap enough that the server is what is measured.
 *
 * @module
 */

import { connect, type Socket } from 'node:net'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

export interface Load {
  readonly port: number
  /** The whole request, from its first line to the empty one. */
  readonly request: string
  readonly connections: number
  /** In all. With as many as connections, each client asks once. */
  readonly requests: number
}

export interface LoadResult {
  readonly statuses: Readonly<Record<string, number>>
  /** Connections that broke or never got an answer. */
  readonly errors: number
  readonly distinctBodies: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly seconds: number
}

/** Runs the load in a thread of its own, so that server and clients have a core each. */
export async function runLoad(load: Load): Promise<LoadResult> {
  const worker = new Worker(new URL(import.meta.url), { workerData: load })
  return await new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

async function generate({ port, request, connections, requests }: Load): Promise<LoadResult> {
  const statuses: Record<string, number> = {}
  const bodies = new Set<string>()
  const times: number[] = []
  let errors = 0
  let left = requests
  const startedAt = performance.now()

  const client = async (): Promise<void> => {
    let socket: Socket | undefined
    while (left > 0) {
      left -= 1
      const askedAt = performance.now()
      try {
        socket ??= await open(port)
        const { status, body, closes } = await ask(socket, request)
        times.push(performance.now() - askedAt)
        statuses[status] = (statuses[status] ?? 0) + 1
        bodies.add(body)
        if (!closes) continue
        socket.destroy()
        socket = undefined
      } catch {
        errors += 1
        socket?.destroy()
        socket = undefined
      }
    }
    socket?.destroy()
  }
  await Promise.all(Array.from({ length: connections }, client))

  const sorted = times.toSorted((a, b) => a - b)
  const at = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))] ?? NaN
  return {
    statuses,
    errors,
    distinctBodies: bodies.size,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
    seconds: (performance.now() - startedAt) / 1000,
  }
}

export function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      socket.on('error', () => undefined)
      resolve(socket)
    })
  })
}

export interface Answer {
  readonly status: string
  readonly body: string
  readonly closes: boolean
}

export function ask(socket: Socket, request: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let text = ''
    const done = (settle: () => void): void => {
      socket.off('data', onData)
      socket.off('close', onClose)
      settle()
    }
    const onClose = (): void => {
      done(() => {
        reject(new Error('closed'))
      })
    }
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      if (end === -1) return
      const head = text.slice(0, end).toLowerCase()
      const length = Number(/\ncontent-length: (\d+)/.exec(head)?.[1] ?? 0)
      if (text.length < end + 4 + length) return
      done(() => {
        resolve({
          status: head.slice(9, 12),
          body: text.slice(end + 4, end + 4 + length),
          closes: head.includes('\nconnection: close'),
        })
      })
    }
    socket.on('data', onData)
    socket.once('close', onClose)
    socket.write(request)
  })
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort
  void generate(workerData as Load).then((result) => {
    port.postMessage(result)
  })
}
