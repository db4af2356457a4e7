/**
 * The one part of undici that this package uses, its HTTP/1.1 client, typed.
 *
 * Importing undici by name would load fetch, WebSocket, caches and mocks as well, and double the cost
 * of starting. The path below is internal to undici, so its version is pinned, and the tests send real
 * requests through it.
 *
 * @module
 */

import type { Client as UndiciClient } from 'undici'
// @ts-expect-error -- undici types its index only; the class behind this path is the same one
import client from 'undici/lib/dispatcher/client.js'

export type Client = UndiciClient
export const Client = client as typeof UndiciClient
