/** The command from source: `npm run zephr -- get …`. */

import { main, processTerminal } from '../src/cli/main.js';
import { buildPage } from './web.js';

const args = process.argv.slice(2);
// What the bundler puts in.
if (args.includes('serve')) {
  Object.assign(globalThis, { __ZEPHR_WEB_PAGE__: JSON.stringify((await buildPage()).files) });
}
process.exitCode = await main(args, processTerminal());
