// The script that Node runs in the executable: loads the program's chunks, which are assets beside it.
//
// Node could carry one script with its compiled code, but would load all of it at every start, and every
// built-in module that any part of it uses. Chunks are loaded as in the npm package: when they are needed.
'use strict'
/* global Buffer */

const { getRawAsset } = require('node:sea')
const { Script } = require('node:vm')

const loaded = new Map()

function load(name) {
  const known = loaded.get(name)
  if (known !== undefined) return known.exports
  const module = { exports: {} }
  loaded.set(name, module)
  const script = new Script(Buffer.from(getRawAsset(name)).toString(), {
    filename: name,
    cachedData: Buffer.from(getRawAsset(`${name}.cache`)),
  })
  const requireFrom = (id) => (id.startsWith('./') ? load(id.slice(2)) : require(id))
  script.runInThisContext()(module.exports, requireFrom, module, name)
  return module.exports
}

load('launcher.cjs')
