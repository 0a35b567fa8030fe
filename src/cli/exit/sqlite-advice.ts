/** How to get the package libsql, for a Node without SQLite (before 22.13): that depends on how zephr was installed. */

import { dirname, sep } from 'node:path';

/**
 * What to do, as a line for the shell where there is one.
 * @param folder where the program is, with every symbolic link followed: libsql has to be in a `node_modules` above it.
 */
export function libsqlAdvice(folder: string): string {
  const elsewhere = 'or use Node 22.13 or later, or another --store';
  const parts = folder.split(sep);
  const modules = parts.lastIndexOf('node_modules');
  // By its name npm has another zephr: npx was given a file.
  if (parts.includes('_npx')) return `npx -p ./zephr-<version>.tgz -p libsql zephr serve; ${elsewhere}`;
  if (modules === -1) {
    // A clone, which a global link may lead to: its own node_modules is beside dist.
    const clone = parts.includes('dist') ? parts.slice(0, parts.lastIndexOf('dist')).join(sep) : folder;
    return `npm install --no-save --prefix '${clone}' libsql; ${elsewhere}`;
  }
  const above = parts.slice(0, modules).join(sep);
  if (isGlobal(above)) return `npm install --global libsql; ${elsewhere}`;
  return `npm install --prefix '${above}' libsql; ${elsewhere}`;
}

/** npm's global packages are in `lib/node_modules` of its prefix, and on Windows in `npm/node_modules`. */
function isGlobal(above: string): boolean {
  const name = above.slice(dirname(above).length).replace(sep, '');
  return name === 'lib' || (sep === '\\' && name === 'npm');
}
