import { describe, expect, it } from 'vitest'
import { TurnQueue } from '../../../src/machine/turn-queue.ts'

describe('a queue of turns', () => {
  it('does work in order, each when the one before has ended', async () => {
    const queue = new TurnQueue()
    const log: string[] = []
    const first = Promise.withResolvers<string>()
    const turns = [
      queue.run(async () => {
        log.push('first begins')
        const answer = await first.promise
        log.push('first ends')
        return answer
      }),
      queue.run(async () => {
        log.push('second begins')
        return Promise.resolve('two')
      }),
    ]
    await new Promise(setImmediate)
    expect(log).toEqual(['first begins'])
    first.resolve('one')
    expect(await Promise.all(turns)).toEqual(['one', 'two'])
    expect(log).toEqual(['first begins', 'first ends', 'second begins'])
  })

  it('goes on after work that failed, whose failure is told to its caller alone', async () => {
    const queue = new TurnQueue()
    const failed = queue.run(async () => Promise.reject(new Error('broken')))
    const next = queue.run(async () => Promise.resolve('next'))
    await expect(failed).rejects.toThrow('broken')
    await expect(next).resolves.toBe('next')
  })
})
