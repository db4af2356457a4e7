/**
 * Where data written by others lies: beside the project, and never in it.
 *
 * Only `npm run test:vectors` comes here; it says so where the folder is absent.
 *
 * @module
 */

export const VECTORS: URL = new URL('../../../shared/vectors/', import.meta.url)
