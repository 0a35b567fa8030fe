#!/usr/bin/env node
'use strict';

// Setting the exit code, and not calling process.exit(), lets output to a pipe be written to its end.

const { main, processTerminal } = require('../dist/cli/main.cjs');

main(process.argv.slice(2), processTerminal()).then((code) => {
  process.exitCode = code;
});
