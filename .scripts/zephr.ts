/** The command from source: `npm run zephr -- get …`. */

import { main, processTerminal } from '../src/cli/main.js';

process.exitCode = await main(process.argv.slice(2), processTerminal());
