/** How to get libsql: the line for each way in which zephr can be installed. */

import { expect, it } from 'vitest';
import { libsqlAdvice } from '../../src/cli/exit/sqlite-advice.js';

it.each([
  [
    'npx',
    '/home/ann/.npm/_npx/4f2a/node_modules/zephr/dist/cli',
    'npx -p ./zephr-<version>.tgz -p libsql zephr serve',
  ],
  ['npm install --global', '/usr/local/lib/node_modules/zephr/dist/cli', 'npm install --global libsql'],
  [
    'nvm',
    '/home/ann/.nvm/versions/node/v20.20.0/lib/node_modules/zephr/dist/cli',
    'npm install --global libsql',
  ],
  [
    'npm install in a project',
    '/srv/my app/node_modules/zephr/dist/cli',
    "npm install --prefix '/srv/my app' libsql",
  ],
  ['a clone', '/home/ann/zephr/dist/cli', "npm install --no-save --prefix '/home/ann/zephr' libsql"],
])('by %s', (_, folder, line) => {
  expect(libsqlAdvice(folder)).toBe(`${line}; or use Node 22.13 or later, or another --store`);
});
