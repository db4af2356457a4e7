/**
 * Loads modules and finds the tokens that a URI matches.
 *
 * @module
 */

import { RolesAnywhereError } from '../../../core/errors.ts'
import { describePkcs11Uri, formatPkcs11Uri, type Pkcs11Uri } from '../../../core/pkcs11-uri.ts'
import type { Reporter } from '../../../core/ports.ts'
import { joined, says, setting } from '../../../core/wording.ts'
import { explainCryptokiError } from '../explain-failure.ts'
import type { SlotInfo, TokenInfo } from '../host-protocol.ts'
import { ModuleHost, type HostDeadlines } from '../module/module-host.ts'
import type { ModuleCandidate, ModuleSearch } from '../module/module-search.ts'
import { tokenMatches } from './uri-match.ts'

/** A token that is present, and the module that shows it. */
export interface FoundToken {
  readonly host: ModuleHost
  readonly slot: SlotInfo
}

export interface HostPorts {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly reporter: Reporter
  readonly deadlines?: HostDeadlines | undefined
}

/** The running modules of one search, each started once; those that are not kept are closed with it. */
export class ModulePool implements AsyncDisposable {
  readonly #ports: HostPorts
  readonly #hosts = new Map<string, ModuleHost>()
  /** Why modules could not be looked into. */
  readonly failures: RolesAnywhereError[] = []

  constructor(ports: HostPorts) {
    this.#ports = ports
  }

  /** Starts the modules; one that fails is left out, and its reason is kept in `failures`. */
  async start(candidates: readonly ModuleCandidate[]): Promise<readonly ModuleHost[]> {
    const started = await Promise.allSettled(
      candidates.map(
        async ({ path }) => this.#hosts.get(path) ?? ModuleHost.start({ path, ...this.#ports }),
      ),
    )
    return started.flatMap((result) => {
      if (result.status === 'rejected') {
        this.failures.push(result.reason as RolesAnywhereError)
        return []
      }
      this.#hosts.set(result.value.path, result.value)
      this.#ports.reporter.debug('PKCS#11 module loaded', {
        path: result.value.path,
        library: result.value.info.description,
      })
      return [result.value]
    })
  }

  /** Every token that the modules show; one that fails here is left out like one that does not start. */
  async tokensOf(hosts: readonly ModuleHost[]): Promise<readonly FoundToken[]> {
    const lists = await Promise.allSettled(hosts.map(listTokens))
    return lists.flatMap((result) => {
      if (result.status === 'fulfilled') return result.value
      this.failures.push(result.reason as RolesAnywhereError)
      return []
    })
  }

  /** Hands a module over to a caller, who closes it; the pool forgets it. */
  release(host: ModuleHost): void {
    this.#hosts.delete(host.path)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#hosts.values()].map(async (host) => host[Symbol.asyncDispose]()))
  }
}

/**
 * The tokens that the URI matches, from the first group of modules that has one.
 *
 * @throws {RolesAnywhereError} ERR_TOKEN_NOT_FOUND, or what kept a named module from being used.
 */
export async function findTokens(
  uri: Pkcs11Uri,
  search: ModuleSearch,
  pool: ModulePool,
): Promise<readonly FoundToken[]> {
  const present: FoundToken[] = []
  for (const group of search.groups) {
    const tokens = withoutRepeats(await pool.tokensOf(await pool.start(group)))
    const matching = tokens.filter(({ host, slot }) => tokenMatches(uri, host.info, slot))
    if (matching.length > 0) return matching
    present.push(...tokens)
  }
  const [failure] = [...pool.failures, ...search.rejected]
  const modules = search.groups.flat().length
  if (failure !== undefined && (search.isExplicit || pool.failures.length >= modules)) throw failure
  throw notFound(uri, present, modules, [...pool.failures, ...search.rejected])
}

/** Every token that the module shows. */
export async function listTokens(host: ModuleHost): Promise<readonly FoundToken[]> {
  try {
    return (await host.ask('slots', null)).map((slot) => ({ host, slot }))
  } catch (error) {
    throw explainCryptokiError(error, `the module "${host.path}"`)
  }
}

/** Whether two answers are about the same token: not by slot, which changes when it is plugged in. */
export function isSameToken(a: TokenInfo, b: TokenInfo): boolean {
  return (['label', 'serial', 'manufacturer', 'model'] as const).every(
    (field) => a[field] === b[field],
  )
}

/** The URI of a token, ready to paste. */
export function tokenUri(token: TokenInfo): string {
  return formatPkcs11Uri(tokenUriParts(token))
}

/** The attributes that identify a token; empty ones say nothing. */
export function tokenUriParts(token: TokenInfo): {
  readonly token: string
  readonly manufacturer?: string
  readonly serial?: string
} {
  return {
    token: token.label,
    ...(token.manufacturer !== '' && { manufacturer: token.manufacturer }),
    ...(token.serial !== '' && { serial: token.serial }),
  }
}

/** Two modules may show one token: the proxy and the module itself, or OpenSC and a vendor's. */
function withoutRepeats(tokens: readonly FoundToken[]): readonly FoundToken[] {
  return tokens.filter(
    (token, index) =>
      !tokens
        .slice(0, index)
        .some(
          (earlier) =>
            earlier.host !== token.host && isSameToken(earlier.slot.token, token.slot.token),
        ),
  )
}

function notFound(
  uri: Pkcs11Uri,
  present: readonly FoundToken[],
  modules: number,
  failures: readonly RolesAnywhereError[],
): RolesAnywhereError {
  const candidates = present.map(({ slot }) => tokenUri(slot.token))
  const seen =
    modules === 0
      ? 'no PKCS#11 module was found'
      : candidates.length === 0
        ? 'no token is present'
        : `present: ${candidates.join(', ')}`
  const broken = failures.map(({ wording }) => says`; ${wording.message}`)
  return new RolesAnywhereError(
    'ERR_TOKEN_NOT_FOUND',
    says`no token matches ${describePkcs11Uri(uri)} (${seen}${joined(broken, '')})`,
    {
      hint:
        candidates.length === 0
          ? says`plug the token in, or name its module with ${setting('pkcs11Lib')}`
          : '`rolesanywhere pkcs11 list` prints URIs that are ready to paste',
      detail: { candidates, modules },
    },
  )
}
