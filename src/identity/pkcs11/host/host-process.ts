/**
 * The process that holds one PKCS#11 module: the program's entry, and nothing else imports it.
 *
 * A module may block for a minute, hang, or crash; here it can do so without taking the rest along.
 * This side decides nothing: which token, which key, whether to log in and with what is asked for by
 * module/host-channel.ts. It answers one request after the other.
 *
 * @see user-pain.md row 20, reliability.md F12
 * @module
 */

import { Worker } from 'node:worker_threads'
import { CryptokiError } from '../cryptoki.ts'
import { STARTED, type HostFailure, type HostReply, type HostRequest } from '../host-protocol.ts'
import { loadModule, ModuleLoadError, SupportMissingError } from './load-module.ts'
import { ModuleCalls } from './module-calls.ts'

let calls: ModuleCalls | undefined

process.on('message', (message: HostRequest) => {
  void serve(message)
})

// A Ctrl-C goes to the whole process group; our parent decides when this process ends.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined)

// A parent that is killed closes the channel, which a thread stuck in the module never learns: without
// this, each such run would leave a process behind that holds the reader and ignores SIGTERM.
const END_WITH_PARENT = `
  const { workerData: parent } = require('node:worker_threads')
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL')
  }, 1000)`
// Our parent as it is now: by the time the thread runs, it may be gone.
new Worker(END_WITH_PARENT, { eval: true, workerData: process.ppid }).unref()

process.send?.(STARTED)

async function serve(request: HostRequest): Promise<void> {
  let reply: HostReply
  try {
    reply = { id: request.id, answer: await perform(request) }
  } catch (error) {
    reply = { id: request.id, failure: failureOf(error) }
  }
  process.send?.(reply, () => {
    if (request.operation === 'close') process.disconnect()
  })
}

async function perform(request: HostRequest): Promise<unknown> {
  if (request.operation === 'open') {
    calls = new ModuleCalls(await loadModule(request.ask.path), request.ask.path)
    return calls.moduleInfo()
  }
  if (calls === undefined) throw new Error('no module is open')
  switch (request.operation) {
    case 'slots':
      return calls.slots()
    case 'token':
      return calls.token(request.ask.slot)
    case 'mechanisms':
      return calls.mechanisms(request.ask.slot)
    case 'objects':
      return calls.objects(request.ask.slot)
    case 'login':
      await calls.login(request.ask.slot, request.ask.pin)
      return null
    case 'sign':
      return calls.sign(request.ask)
    case 'makePair':
      calls.makePair(request.ask)
      return null
    case 'close':
      calls.finalize()
      return null
  }
}

function failureOf(error: unknown): HostFailure {
  if (error instanceof CryptokiError) {
    return { kind: 'cryptoki', call: error.call, rv: error.rv, rvName: error.rvName }
  }
  if (error instanceof SupportMissingError) {
    return { kind: 'support', package: error.package, message: error.message }
  }
  if (error instanceof ModuleLoadError) return { kind: 'load', message: error.message }
  return { kind: 'other', message: error instanceof Error ? error.message : 'unknown failure' }
}
