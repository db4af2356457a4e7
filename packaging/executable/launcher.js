// The executable's first lines: what bin/rolesanywhere.js is to the npm package.
//
// The executable is also the process that holds a PKCS#11 module: it starts itself again with a word that
// counts only where there is a message channel, so that nobody comes here by mistyping a command.

import { HOST_COMMAND } from '../../src/identity/pkcs11/host-protocol.ts'

// The build tells Node not to open its debugger on SIGUSR1; the signal must not end us either.
process.on('SIGUSR1', () => {})

if (process.argv[2] === HOST_COMMAND && process.send !== undefined) {
  void import('../../src/identity/pkcs11/host/host-process.ts')
} else {
  void import('../../src/cli/main.ts')
    .then(async ({ run }) => run())
    .then((exitCode) => {
      // As in bin/rolesanywhere.js.
      process.exit(exitCode)
    })
}
