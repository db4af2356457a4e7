// Run by a plain Node: prints the flags for compile.cjs, and refuses compiled code that it would not take.
//
//   node check-compiled.cjs FILE…
'use strict'

const { readFileSync } = require('node:fs')
const { Script } = require('node:vm')

for (const file of process.argv.slice(2)) {
  const cachedData = readFileSync(`${file}.cache`)
  const script = new Script(readFileSync(file, 'utf8'), { cachedData })
  if (script.cachedDataRejected) throw new Error(`${file}: the compiled code is not accepted`)
}

process.stdout.write(new Script('', { produceCachedData: true }).cachedData.toString('hex', 12, 16))
