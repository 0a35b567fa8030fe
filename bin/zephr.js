#!/usr/bin/env node
'use strict';

const { main, processTerminal } = require('../dist/cli/main.cjs');

main(process.argv.slice(2), processTerminal()).then((code) => {
  process.exitCode = code;
});
