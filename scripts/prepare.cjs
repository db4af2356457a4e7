// What npm runs after the installation in a clone: makes dist/, or says why it cannot be made.
//
// In plain old JavaScript, because an old npm on an old Node comes here too. It leaves out the bundler's
// native part, which is not for that Node, and says nothing; the bundler then fails with a riddle.
'use strict'

var npm = process.env.npm_config_user_agent || ''
var outer = (/\bnode\/v(\S+)/.exec(npm) || [])[1] || process.versions.node

function stop(problem) {
  process.stderr.write(
    'rolesanywhere: ' +
      problem +
      '\nhint: `npm install --global node@24 && npm install --global npm@11` installs Node.js 24, then run `npm ci` again in a new shell; ' +
      'or take the executable or the .deb, which need no Node.js (README, Install)\n',
  )
  process.exitCode = 1
}

if (parseInt(process.versions.node, 10) < 24) {
  stop('the build needs Node.js 24, and is running on ' + process.versions.node)
} else {
  import('../scripts/build.ts')
    .then(function (made) {
      return made.build()
    })
    .catch(function (error) {
      if (!/native binding|rolldown/i.test(String(error))) throw error
      stop('the bundler does not work as npm on Node.js ' + outer + ' has installed it')
    })
}
