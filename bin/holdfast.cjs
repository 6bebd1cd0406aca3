#!/usr/bin/env node
// The installed command. It checks the Node.js version first, so that an old one gets a sentence, not a stack trace.
'use strict'

require('./require-node.cjs')

import('../dist/main.js').then(
  (program) => program.main(process.argv),
  (error) => {
    process.stderr.write('Holdfast is not built (' + error.message + '): run "npm run build" in the checkout.\n')
    process.exit(2)
  }
)
