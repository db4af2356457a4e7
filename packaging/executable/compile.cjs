// Compiles scripts, all of their functions at once: FILE becomes FILE.cache. Run by the Node that is to use
// the compiled code, since it is only good there.
//
//   node --hash-seed=1 --no-lazy compile.cjs FLAGS FILE…
//
// V8 lays compiled code out by the hashes of its names, whose seed is otherwise new in every process: with
// one seed the bytes are always the same. But V8 refuses code that was compiled under other flags, and counts
// the seed among them, though the code holds for every seed, or no cache could be used twice. So the header
// gets the flags of a plain Node, FLAGS, which check-compiled.cjs prints.
'use strict'
/* global Buffer */

const { readFileSync, writeFileSync } = require('node:fs')
const { Script } = require('node:vm')

/** Where V8's header has the hash of its flags: behind magic number, version and the source's hash. */
const FLAGS_AT = 12

const [flags, ...files] = process.argv.slice(2)
for (const file of files) {
  const { cachedData } = new Script(readFileSync(file, 'utf8'), { produceCachedData: true })
  Buffer.from(flags, 'hex').copy(cachedData, FLAGS_AT)
  writeFileSync(`${file}.cache`, cachedData)
}
