#!/usr/bin/env node
// Plain old JavaScript on purpose: this file must run on a Node.js that is too old for everything else.
'use strict'

var OLDEST = [22, 19]

var found = process.versions.node.split('.').map(Number)
var tooOld = found[0] < OLDEST[0] || (found[0] === OLDEST[0] && found[1] < OLDEST[1])

if (tooOld) {
  process.stderr.write(
    'Holdfast needs Node.js ' +
      OLDEST.join('.') +
      ' or later and found ' +
      process.versions.node +
      ': run it through npm ("npm ci && npm start" brings Node.js 24 along on Linux), or install a current LTS.\n'
  )
  process.exit(2)
}
