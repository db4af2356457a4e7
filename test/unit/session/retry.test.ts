import { describe, expect, it } from 'vitest'
import { RolesAnywhereError, type ErrorDetail } from '../../../src/core/errors.ts'
import { withRetries, type RetryPorts } from '../../../src/session/retry.ts'
import { FakeTime } from '../../support/fake-time.ts'

/** Ports whose time passes only by waiting. */
function fakePorts(overrides: Partial<RetryPorts> = {}) {
  const waits: number[] = []
  let now = 1_000_000
  const ports: RetryPorts = {
    monotonic: () => now,
    // Nothing here takes so long that the total time is up; see below for what does.
    schedule: () => () => undefined,
    random: () => 0.5,
    reporter: { warn: () => undefined, debug: () => undefined },
    async wait(ms) {
      waits.push(ms)
      now += ms
      return Promise.resolve()
    },
    ...overrides,
  }
  return { ports, waits }
}

function failing(detail: ErrorDetail, code: 'ERR_SERVICE_FAULT' | 'ERR_SERVICE_THROTTLED') {
  return new RolesAnywhereError(code, 'it failed', { hint: 'advice', detail })
}

/** Throws each error in turn, then gives 'done'. */
function attemptOf(...errors: readonly Error[]) {
  const numbers: number[] = []
  const attempt = async (number: number): Promise<string> => {
    numbers.push(number)
    const error = errors[number - 1]
    if (error !== undefined) throw error
    return Promise.resolve('done')
  }
  return { attempt, numbers }
}

const fault = failing({ retryable: true }, 'ERR_SERVICE_FAULT')
const throttled = failing({ retryable: true }, 'ERR_SERVICE_THROTTLED')
const final = failing({ retryable: false }, 'ERR_SERVICE_FAULT')

describe('trying again', () => {
  it('is not needed after a success', async () => {
    const { ports, waits } = fakePorts()
    const { attempt, numbers } = attemptOf()
    expect(await withRetries(attempt, ports)).toBe('done')
    expect([numbers, waits]).toEqual([[1], []])
  })

  it('follows a failure that may pass, after a span that doubles', async () => {
    const { ports, waits } = fakePorts({ maxAttempts: 5 })
    const { attempt, numbers } = attemptOf(fault, fault, fault, fault)
    expect(await withRetries(attempt, ports)).toBe('done')
    expect(numbers).toEqual([1, 2, 3, 4, 5])
    expect(waits).toEqual([50, 100, 200, 400])
  })

  it('waits a second more when throttled, and a span never exceeds 20 s', async () => {
    const { ports, waits } = fakePorts({ maxAttempts: 8, totalTimeoutMs: 1e9 })
    const { attempt } = attemptOf(...Array.from({ length: 7 }, () => throttled))
    await withRetries(attempt, ports)
    expect(waits).toEqual([1_500, 2_000, 3_000, 5_000, 9_000, 11_000, 11_000])
  })

  it.each([
    [0, [0, 0]],
    [0.999, [100, 200]],
  ])('waits anything from nothing to the whole span: random %d', async (random, expected) => {
    const { ports, waits } = fakePorts({ random: () => random })
    await withRetries(attemptOf(fault, fault).attempt, ports)
    expect(waits).toEqual(expected)
  })

  it('ends after three tries, and the error says so', async () => {
    const { ports } = fakePorts()
    const { attempt, numbers } = attemptOf(fault, fault, fault)
    await expect(withRetries(attempt, ports)).rejects.toMatchObject({
      code: 'ERR_SERVICE_FAULT',
      message: 'it failed (after 3 tries)',
      hint: 'advice',
      detail: { retryable: true, tries: 3 },
    })
    expect(numbers).toEqual([1, 2, 3])
  })

  it('does not follow a failure that stays', async () => {
    const { ports, waits } = fakePorts()
    await expect(withRetries(attemptOf(final).attempt, ports)).rejects.toBe(final)
    expect(waits).toEqual([])
  })

  it('does not follow an error of another kind', async () => {
    const { ports, waits } = fakePorts()
    const bug = new TypeError('bug')
    await expect(withRetries(attemptOf(bug).attempt, ports)).rejects.toBe(bug)
    expect(waits).toEqual([])
  })

  it('is said in the debug trace', async () => {
    const steps: unknown[] = []
    const { ports } = fakePorts({
      reporter: { warn: () => undefined, debug: (step, fields) => steps.push([step, fields]) },
    })
    await withRetries(attemptOf(fault).attempt, ports)
    expect(steps).toEqual([['retry', { attempt: 1, code: 'ERR_SERVICE_FAULT', waitMs: 50 }]])
  })
})

describe('Retry-After', () => {
  const asking = (retryAfterMs: number): RolesAnywhereError =>
    failing({ retryable: true, retryAfterMs }, 'ERR_SERVICE_FAULT')

  it('is waited for, with the jitter on top', async () => {
    const { ports, waits } = fakePorts()
    await withRetries(attemptOf(asking(7_000)).attempt, ports)
    expect(waits).toEqual([7_050])
  })

  it('beyond the total time ends the tries at once, and is said', async () => {
    const { ports, waits } = fakePorts()
    const { attempt, numbers } = attemptOf(fault, asking(61_000))
    await expect(withRetries(attempt, ports)).rejects.toMatchObject({
      message: 'it failed (after 2 tries, asked to wait 61 s)',
    })
    expect(numbers).toEqual([1, 2])
    expect(waits).toEqual([50])
  })

  it('of more than 300 s is not obeyed, however much time there is', async () => {
    const { ports, waits } = fakePorts({ totalTimeoutMs: 1e9 })
    await withRetries(attemptOf(asking(300_000)).attempt, ports)
    expect(waits).toEqual([300_050])
    await expect(withRetries(attemptOf(asking(300_001)).attempt, ports)).rejects.toMatchObject({
      message: 'it failed (asked to wait 301 s)',
    })
  })

  it('counts what earlier tries have used of the total time', async () => {
    const { ports, waits } = fakePorts()
    const attempt = attemptOf(asking(40_000), asking(40_000)).attempt
    await expect(withRetries(attempt, ports)).rejects.toThrow('after 2 tries, asked to wait 40 s')
    expect(waits).toEqual([40_050])
  })
})

/** Rejects as soon as the signal says so, as every port does. */
async function never(signal: AbortSignal | undefined): Promise<never> {
  return await new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => {
      reject(new Error('aborted'))
    })
  })
}

describe('the total time', () => {
  /** Ports on fake time, on which the deadline comes too. */
  function timedPorts(overrides: Partial<RetryPorts>) {
    const time = new FakeTime()
    const { monotonic, schedule, wait } = time
    return { time, ports: { ...fakePorts().ports, monotonic, schedule, wait, ...overrides } }
  }

  it('ends a try that hangs', async () => {
    const { time, ports } = timedPorts({})
    const outcome = expect(
      withRetries(async (_number, signal) => await never(signal), ports),
    ).rejects.toMatchObject({
      code: 'ERR_NETWORK_TIMEOUT',
      message: 'no credentials within 60 s',
    })
    await time.advance(60_000)
    await outcome
  })

  it('reports the failure that came before the hanging try', async () => {
    const { time, ports } = timedPorts({})
    const outcome = expect(
      withRetries(async (number, signal) => {
        if (number === 1) throw fault
        return await never(signal)
      }, ports),
    ).rejects.toMatchObject({ code: 'ERR_SERVICE_FAULT', message: 'it failed (after 2 tries)' })
    await time.advance(60_000)
    await outcome
  })

  it('ends a wait', async () => {
    const { time, ports } = timedPorts({ wait: async (_ms, signal) => await never(signal) })
    const outcome = expect(withRetries(attemptOf(fault).attempt, ports)).rejects.toBe(fault)
    await time.advance(60_000)
    await outcome
  })

  it('leaves no timer behind', async () => {
    const { time, ports } = timedPorts({})
    await withRetries(attemptOf().attempt, ports)
    expect(time.pending).toBe(0)
  })
})

describe('cancelling', () => {
  it('ends a try', async () => {
    const controller = new AbortController()
    const { ports } = fakePorts({ signal: controller.signal })
    const outcome = expect(
      withRetries(async (_number, signal) => await never(signal), ports),
    ).rejects.toMatchObject({ code: 'ERR_CANCELLED' })
    controller.abort()
    await outcome
  })

  it('ends a wait', async () => {
    const controller = new AbortController()
    const { ports } = fakePorts({
      signal: controller.signal,
      async wait(_ms, signal) {
        queueMicrotask(() => {
          controller.abort()
        })
        await never(signal)
      },
    })
    await expect(withRetries(attemptOf(fault).attempt, ports)).rejects.toMatchObject({
      code: 'ERR_CANCELLED',
    })
  })

  it('does not lead to another try', async () => {
    const controller = new AbortController()
    const { ports } = fakePorts({ signal: controller.signal })
    const numbers: number[] = []
    await expect(
      withRetries(async (number) => {
        numbers.push(number)
        controller.abort()
        return await Promise.reject(fault)
      }, ports),
    ).rejects.toMatchObject({ code: 'ERR_CANCELLED' })
    expect(numbers).toEqual([1])
  })
})
