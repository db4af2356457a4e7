/**
 * The code that Node and the operating system give an error, and what it means in words.
 *
 * @see errno(3)
 * @module
 */

/** `ENOENT`, `ERR_TLS_CERT_ALTNAME_INVALID` …; undefined for what carries no code. */
export function errnoOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

/**
 * Why a call of the file system failed, as the end of a sentence; the code itself where it is rare.
 *
 * @param special words for codes that mean something else in this place.
 */
export function reasonOf(error: unknown, special: Readonly<Record<string, string>> = {}): string {
  const code = errnoOf(error) ?? 'unknown error'
  return special[code] ?? REASONS[code] ?? code
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the device reports an input/output error',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'no such file',
  ENOSPC: 'no space is left on the device',
  ENOTDIR: 'a part of the path is not a folder',
  EPERM: 'operation not permitted',
  ERR_INVALID_ARG_VALUE: 'the path holds a NUL byte',
  EROFS: 'the file system is read-only',
}
