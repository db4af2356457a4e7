import { describe, expect, it } from 'vitest'
import { FAULTS } from '../../../src/emulator/fault-table.ts'
import { createFaultPlan, parseFault } from '../../../src/emulator/faults.ts'

describe('the grammar', () => {
  it.each<[string, number]>([
    ['close', Infinity],
    ['close:x1', 1],
    ['status=503', Infinity],
    ['status=503:x20', 20],
    ['slow', Infinity],
    ['slow=5:x3', 3],
    ['throttle=10,retry-after=2:x3', 3],
    ['redirect=http://h:80/x:y', Infinity],
    ['deny=Unable to assume role for arn:aws:iam::1:role/x:x2', 2],
  ])('%s', (text, times) => {
    expect(parseFault(text)).toMatchObject({ text, times })
  })

  it.each([
    ['', /^faults are status, deny, /],
    ['unknown', /^faults are /],
    ['constructor', /^faults are /],
    ['CLOSE', /^faults are /],
    ['close:x0', /^faults are /],
    ['close:2', /^faults are /],
    ['close=1', /^write it as close$/],
    ['status', /^write it as status=CODE$/],
    ['status=', /^write it as status=CODE$/],
    ['status=200', /^write it as status=CODE$/],
    ['status=600', /^write it as status=CODE$/],
    ['status=5e2', /^write it as status=CODE$/],
    ['latency=-1', /^write it as latency=MS$/],
    ['latency=3600001', /^write it as latency=MS$/],
    ['slow=0', /^write it as slow\[=MS\]$/],
    ['throttle=', /^write it as throttle=N/],
    ['throttle=1,retry-after', /^write it as throttle=N/],
    ['redirect=http://h/\r\nx: y', /^write it as redirect=URL$/],
  ])('%j is refused', (text, hint) => {
    expect(() => parseFault(text)).toThrow(
      expect.objectContaining({
        code: 'ERR_USAGE_INVALID_VALUE',
        hint: expect.stringMatching(hint) as string,
      }) as Error,
    )
  })
})

it('every fault says what it does', () => {
  for (const { meaning } of Object.values(FAULTS)) expect(meaning).toMatch(/^[a-z].*[^.]$/)
})

it('clock offsets add up', () => {
  const plan = createFaultPlan(['skew=10', 'skew=-4', 'close'].map(parseFault))
  expect(plan.begin().clockOffsetMs).toBe(6000)
})
