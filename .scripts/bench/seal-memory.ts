/**
 * Prints the highest resident set, in MB, that is seen at any chunk of one operation, less what it was before and
 * less the output that is kept. Arguments: the case's name, and the file with its input.
 */

import { readFileSync } from 'node:fs';
import { CASES, MB, work } from './seal-work.js';

const [name, file = ''] = process.argv.slice(2);
const measured = CASES.find((one) => one.name === name);
if (measured === undefined) throw new Error(`there is no case ${name}`);

const input = readFileSync(file);
const kept: Uint8Array[] = [];
let keptBytes = 0;
let most = 0;
const before = process.memoryUsage.rss();
for await (const chunk of work(measured, input)) {
  if (measured.keep) kept.push(chunk);
  if (measured.keep) keptBytes += chunk.length;
  most = Math.max(most, process.memoryUsage.rss() - before - keptBytes);
}
process.stdout.write(`${most / MB}\n`);
