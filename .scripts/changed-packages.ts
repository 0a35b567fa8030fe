/** What the command changes of the packages that it bundles, and why. */

import type { Plugin } from 'rolldown';

/** A module that a package gets in place of the one that it imports. */
interface Replacement {
  readonly importer: string;
  readonly imported: string;
  readonly code: string;
}

const REPLACEMENTS: readonly Replacement[] = [
  {
    // commander starts commands that are programs of their own with it, and zephr has none. Loading it at once is 7 to
    // 11 % of the processor time of `zephr --version`, so it is loaded when it is used.
    importer: 'commander',
    imported: 'node:child_process',
    code: "exports.spawn = (...args) => process.getBuiltinModule('node:child_process').spawn(...args);",
  },
];

/** Puts a module in the place of another. The build fails when the package no longer imports the other. */
function replace({ importer: name, imported, code }: Replacement): Plugin {
  const id = `\0${imported} for ${name}`;
  let used = false;
  return {
    name: `replace-${imported}`,
    resolveId(source, importer) {
      if (source !== imported || importer?.includes(`/node_modules/${name}/`) !== true) return null;
      used = true;
      return id;
    },
    load: (loaded) => (loaded === id ? code : null),
    buildEnd() {
      if (!used) throw new Error(`${name} no longer imports ${imported}`);
    },
  };
}

/** For the bundle of the command. */
export const CHANGED_PACKAGES: Plugin[] = REPLACEMENTS.map(replace);
