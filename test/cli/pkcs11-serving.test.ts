/** `serve` and `update` with a key on a token: one login for all refreshes, and the token's return. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { FakedClock, hasFaketime } from '../support/faked-clock.ts'
import { createWorld, startCli } from '../support/long-running.ts'
import { hasCompiler, hasSoftToken, PIN, ProxyModule, SoftTokens } from '../support/soft-token.ts'

const COMMANDS = [
  { args: ['serve', '--port', '0', '--profile', 'onprem'], isReady: /TOKEN_FILE=.*\n/ },
  { args: ['update', '--settings-profile', 'onprem'], isReady: /keeping profile/ },
]

it.skipIf(!hasSoftToken || !hasCompiler || !hasFaketime).each(COMMANDS)(
  '$args.0 logs in once, signs for each refresh, and recovers when the token is back',
  async ({ args, isReady }) => {
    await using world = await createWorld()
    using tokens = new SoftTokens()
    const leaf = await world.authority.issue({ keyType: 'ec' })
    tokens.addToken('card')
    tokens.addCertificate('card', leaf.certificatePem, { id: '01', label: 'leaf' })
    tokens.addKey('card', leaf.privateKeyPem, { id: '01', label: 'leaf' })
    const config = join(world.folder, 'config')
    const onToken = readFileSync(config, 'utf8')
      .replace(/certificate = .*/, 'certificate = pkcs11:token=card;object=leaf')
      .replace(/rolesanywhere_private_key.*\n/, '')
    writeFileSync(config, onToken)
    const proxy = new ProxyModule(tokens)
    const counts = (): Record<string, number> => ({
      logins: proxy.calls('C_Login').length,
      signatures: proxy.calls('C_Sign').length,
    })

    const more = args[0] === 'serve' ? ['--token-folder', join(world.folder, 'tokens')] : []
    using clock = new FakedClock('time')
    await using running = startCli(
      [...args, ...more, '--pkcs11-lib', proxy.path, '--pin', 'env:TOKEN_PIN'],
      { ...world.env, ...tokens.env, ...proxy.env(), TOKEN_PIN: PIN, ...clock.env },
    )
    await running.until(isReady)
    expect(counts()).toEqual({ logins: 1, signatures: 1 })
    clock.move(61)
    running.child.kill('SIGHUP')
    await expect.poll(counts, { timeout: 10_000 }).toEqual({ logins: 1, signatures: 2 })

    renameSync(tokens.tokens, `${tokens.tokens}.gone`)
    // Minute after minute: one that is under way may just have been signed for.
    // None may be on its way when the token comes back: it would log in and then lose its session.
    const missed = (): boolean => {
      if (/refresh failed \(ERR_TOKEN_/.test(running.stderr)) return true
      clock.move(61)
      running.child.kill('SIGHUP')
      return false
    }
    await expect.poll(missed, { timeout: 20_000, interval: 2000 }).toBe(true)
    renameSync(`${tokens.tokens}.gone`, tokens.tokens)
    const signatures = counts()['signatures'] ?? 0
    running.child.kill('SIGHUP')
    await expect.poll(() => counts()['signatures'], { timeout: 15_000 }).toBe(signatures + 1)
    expect(counts()['logins']).toBe(2)
    expect(await running.stop()).toBe(0)
  },
  60_000,
)
