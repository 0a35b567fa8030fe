#!/usr/bin/env node
'use strict';

const { lstatSync, mkdirSync, realpathSync } = require('node:fs');
const nodeModule = require('node:module');
const { dirname, isAbsolute, join } = require('node:path');

cacheCompiledCode();

// Setting the exit code, and not calling process.exit(), lets output to a pipe be written to its end.

const { main, processTerminal } = require('../dist/cli/main.cjs');

main(process.argv.slice(2), processTerminal()).then((code) => {
  process.exitCode = code;
});

/**
 * Lets Node 22.1 and later keep compiled code in the user's cache folder, where there is one: a start that compiles
 * nothing takes a tenth less. What is read from there is run, so nobody else may be able to write there; where that is
 * not certain, nothing is kept. NODE_DISABLE_COMPILE_CACHE=1 turns it off.
 */
function cacheCompiledCode() {
  const { XDG_CACHE_HOME, HOME } = process.env;
  const caches = XDG_CACHE_HOME || join(HOME || '', '.cache');
  // Windows has no owners and modes to go by.
  if (!nodeModule.enableCompileCache || !process.getuid || !isAbsolute(caches)) return;
  try {
    const folder = join(realpathSync(caches), 'zephr');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (isOnlyOurs(folder, process.getuid())) nodeModule.enableCompileCache(folder);
  } catch {
    // Without a place for it, the program starts as it does without a cache.
  }
}

/** Whether only this user, and root, can put files into a folder, or another folder in its place. */
function isOnlyOurs(folder, user) {
  const own = lstatSync(folder);
  if (!own.isDirectory() || own.uid !== user || (own.mode & 0o022) !== 0) return false;
  for (let path = folder; path !== dirname(path); ) {
    path = dirname(path);
    const { uid, mode } = lstatSync(path);
    // In a sticky folder, such as /tmp, nobody can rename what belongs to another.
    if ((uid !== user && uid !== 0) || ((mode & 0o022) !== 0 && (mode & 0o1000) === 0)) return false;
  }
  return true;
}
