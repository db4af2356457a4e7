/** The one function of postject that is used; it brings no types. */
declare module 'postject' {
  /** Puts a section with these bytes into the executable file, in place. */
  export function inject(
    file: string,
    section: string,
    data: Uint8Array,
    options: { readonly sentinelFuse: string },
  ): Promise<void>
}
