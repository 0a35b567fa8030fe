/** The version of the package: put in by the bundler, read from package.json when run from source. */

import { createRequire } from 'node:module';

declare const __ZEPHR_VERSION__: string | undefined;

export const VERSION: string =
  typeof __ZEPHR_VERSION__ === 'string'
    ? __ZEPHR_VERSION__
    : versionFromPackage(createRequire(import.meta.url));

function versionFromPackage(require: NodeJS.Require): string {
  const { version } = require('../../package.json') as { version: string };
  return version;
}
