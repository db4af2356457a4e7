/**
 * The version from package.json, put in by the build.
 *
 * @module
 */

declare const __VERSION__: string | undefined

/** `0.0.0` when the sources run without a build, as in unit tests. */
export const VERSION: string = typeof __VERSION__ === 'undefined' ? '0.0.0' : __VERSION__
