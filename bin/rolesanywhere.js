#!/usr/bin/env node
// Plain JavaScript that any Node can parse, so that an old one gets a sentence and not a stack trace.
// CommonJS, because that starts faster; package.json in this folder says so to Node.
'use strict'

// Node opens a debugger port on SIGUSR1; a tool that holds keys must not.
process.on('SIGUSR1', () => {})
// An editor or a shell may have told every Node to open it: any user of the machine could connect.
if (/--inspect/.test(process.env.NODE_OPTIONS)) require('node:inspector').close()

if (Number.parseInt(process.versions.node, 10) < 24) {
  process.stderr.write(
    `rolesanywhere: this needs Node.js 24 or newer, and is running on ${process.versions.node}\n` +
      'hint: `npm install --global node@24` installs one; or take the executable or the .deb, which need no ' +
      'Node.js (README, Install)\n',
  )
  process.exitCode = 3
} else {
  const codeCache = require('./code-cache.js').codeCacheFolder()
  if (codeCache !== undefined) require('node:module').enableCompileCache(codeCache)
  require('../dist/cli.cjs')
    .run()
    .then((exitCode) => {
      // What was printed is out. A name look-up that nobody waits for any more cannot be taken back, and
      // would keep the process for as long as the name servers are silent.
      process.exit(exitCode)
    })
}
