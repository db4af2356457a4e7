import { readFileSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { errnoOf, reasonOf } from '../../../src/machine/errno.ts'
import { describeUser, userIdOf } from '../../../src/machine/users.ts'

function failureOf(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    return error
  }
}

describe('the code of an error', () => {
  it('is what Node gave it, and nothing for what has none', () => {
    expect(errnoOf(failureOf(() => statSync('/nonexistent')))).toBe('ENOENT')
    expect(errnoOf(new Error('plain'))).toBeUndefined()
    expect(errnoOf(Object.assign(new Error('number'), { code: 7 }))).toBeUndefined()
    expect(errnoOf({ code: 'ENOENT' })).toBeUndefined()
    expect(errnoOf(undefined)).toBeUndefined()
  })

  it('has words where it is common, other words where it means something else', () => {
    const missing = failureOf(() => statSync('/nonexistent'))
    expect(reasonOf(missing)).toBe('no such file')
    expect(reasonOf(missing, { ENOENT: 'no such program' })).toBe('no such program')
    expect(reasonOf(failureOf(() => readFileSync('/')))).toBe('EISDIR')
    expect(reasonOf('text')).toBe('unknown error')
  })
})

describe('a user', () => {
  it('is known by name and by number', () => {
    expect(userIdOf('root')).toBe(0)
    expect(describeUser(0)).toBe('user 0 (root)')
    expect(userIdOf('no such user')).toBeUndefined()
    expect(describeUser(4_000_000_000)).toBe('user 4000000000')
  })
})
