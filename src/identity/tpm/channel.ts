/**
 * The way to a TPM: bytes of one command out, bytes of its response back.
 *
 * `/dev/tpmrm0` is the kernel's resource manager: each opening has its own objects, and they vanish
 * when it closes. A Unix or TCP socket is the data channel of `swtpm socket`, which takes the same
 * bytes.
 *
 * @see TPM 2.0 Library, Part 1, "Command/Response Structure"; Linux tpm(4); swtpm(8)
 * @module
 */

import { constants } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { RolesAnywhereError } from '../../core/errors.ts'
import { errnoOf } from '../../machine/errno.ts'

export const DEFAULT_TPM_DEVICE = '/dev/tpmrm0'

/** A response is never larger: TPM_PT_MAX_RESPONSE_SIZE is 4096 in every TPM known. */
const MAX_RESPONSE_BYTES = 8192
const HEADER_BYTES = 10
/** Making an RSA primary key takes a slow TPM up to half a minute. */
const RESPONSE_TIMEOUT_MS = 90_000
const CONNECT_TIMEOUT_MS = 2_000

export interface TpmChannel extends AsyncDisposable {
  /** @throws {RolesAnywhereError} ERR_KEY_TPM_UNAVAILABLE, ERR_CANCELLED. */
  transmit(command: Uint8Array): Promise<Buffer>
}

/**
 * Opens a TPM.
 *
 * @param address a device (`/dev/tpmrm0`), the path of a Unix socket, or `HOST:PORT` of this machine.
 * @param signal ends every wait for the TPM. A device cannot be told: its answer is not waited for.
 * @throws {RolesAnywhereError} ERR_KEY_TPM_UNAVAILABLE, ERR_USAGE_INVALID_VALUE, ERR_CANCELLED.
 */
export async function openTpm(address: string, signal?: AbortSignal): Promise<TpmChannel> {
  if (address.includes('/')) {
    const isSocket = await stat(address).then(
      (stats) => stats.isSocket(),
      (error: unknown) => {
        throw unavailable(address, error)
      },
    )
    return isSocket ? openSocket(address, { path: address }, signal) : openDevice(address, signal)
  }
  const [, host, port] = LOOPBACK_ADDRESS.exec(address) ?? []
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw new RolesAnywhereError(
      'ERR_USAGE_INVALID_VALUE',
      `the TPM "${address}" is neither a path nor HOST:PORT of this machine`,
      {
        hint: 'TPM_DEVICE takes a device such as /dev/tpmrm0, or the socket of swtpm; passwords go to it in the clear, so it must be local',
      },
    )
  }
  const target = { host: host.replaceAll(/[[\]]/gu, ''), port: Number(port) }
  return openSocket(address, target, signal)
}

/** A TPM on another machine would get the password over the network. */
const LOOPBACK_ADDRESS = /^(127(?:\.\d{1,3}){3}|localhost|\[::1\]):(\d{1,5})$/iu

async function openDevice(path: string, signal?: AbortSignal): Promise<TpmChannel> {
  const device = await open(path, constants.O_RDWR).catch((error: unknown) => {
    throw unavailable(path, error)
  })
  return {
    async transmit(command) {
      return unlessCancelled(path, signal, async () => {
        // The driver takes one command in one write, and gives its response in one read.
        await device.write(command, 0, command.length, null)
        const response = Buffer.alloc(MAX_RESPONSE_BYTES)
        const { bytesRead } = await device.read(response, 0, response.length, null)
        return response.subarray(0, bytesRead)
      })
    },
    async [Symbol.asyncDispose]() {
      await device.close()
    },
  }
}

async function openSocket(
  address: string,
  target: { path: string } | { host: string; port: number },
  signal?: AbortSignal,
): Promise<TpmChannel> {
  const socket = connect(target)
  socket.setTimeout(CONNECT_TIMEOUT_MS)
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
    socket.once('timeout', () => socket.destroy(new Error('no answer to the connection')))
  })
  try {
    await unlessCancelled(address, signal, () => connected)
  } catch (error) {
    socket.destroy()
    throw error
  }
  socket.removeAllListeners()
  socket.setTimeout(RESPONSE_TIMEOUT_MS)
  return {
    async transmit(command) {
      return unlessCancelled(address, signal, () => exchange(socket, command))
    },
    [Symbol.asyncDispose]() {
      socket.destroy()
      return Promise.resolve()
    },
  }
}

/** @throws {RolesAnywhereError} ERR_CANCELLED at once when told so; ERR_KEY_TPM_UNAVAILABLE for what fails. */
async function unlessCancelled<T>(
  address: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const { promise: cancelled, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => {
    reject(new RolesAnywhereError('ERR_CANCELLED', 'cancelled while waiting for the TPM'))
  }
  if (signal?.aborted === true) onAbort()
  else signal?.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([cancelled, work()])
  } catch (error) {
    throw error instanceof RolesAnywhereError ? error : unavailable(address, error)
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

/** The response's header says how long it is (responseSize, bytes 2 to 5). */
async function exchange(socket: Socket, command: Uint8Array): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  let received = Buffer.alloc(0)
  const onData = (chunk: Buffer): void => {
    received = Buffer.concat([received, chunk])
    const size = received.length >= HEADER_BYTES ? received.readUInt32BE(2) : HEADER_BYTES
    if (size > MAX_RESPONSE_BYTES) reject(new Error('the response is too long'))
    else if (received.length >= size && received.length >= HEADER_BYTES) resolve(received)
  }
  const onEnd = (): void => {
    reject(new Error('the connection closed'))
  }
  const onTimeout = (): void => {
    reject(new Error('no response in time'))
  }
  socket.on('data', onData).on('error', reject).on('close', onEnd).on('timeout', onTimeout)
  try {
    socket.write(command)
    return await promise
  } finally {
    socket.removeAllListeners()
    // A late error has nobody to tell.
    socket.on('error', () => undefined)
  }
}

function unavailable(address: string, cause: unknown): RolesAnywhereError {
  const reason = errnoOf(cause) ?? (cause instanceof Error ? cause.message : 'unknown')
  return new RolesAnywhereError(
    'ERR_KEY_TPM_UNAVAILABLE',
    `the TPM at "${address}" cannot be used (${reason})`,
    { hint: UNAVAILABLE_HINTS[reason] ?? UNAVAILABLE_HINTS['ENOENT'], cause },
  )
}

const UNAVAILABLE_HINTS: Readonly<Record<string, string>> = {
  ENOENT:
    'is there a TPM, and is it enabled in the firmware? TPM_DEVICE names another device or socket',
  EACCES: 'let this user into the group of the device, usually "tss"',
  EPERM: 'let this user into the group of the device, usually "tss"',
  EBUSY: 'another program holds /dev/tpm0: use /dev/tpmrm0, which several can share',
  ECONNREFUSED: 'start swtpm, or set TPM_DEVICE to its data socket',
}
