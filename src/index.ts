export { RolesAnywhereError } from './core/errors.ts'
