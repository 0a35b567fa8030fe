/** What is changed of the packages that are bundled, and why. */

import { basename } from 'node:path';
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
  {
    // clipboardy asks for it to name a program that is not published, and on macOS it starts a program to find out.
    importer: 'clipboardy',
    imported: 'is64bit',
    code: 'export const is64bitSync = () => true;',
  },
  {
    // zephr copies no pictures: without this the clipboard's file is half as large again and holds 16 more packages.
    importer: 'clipboardy',
    imported: 'clipboard-image',
    code: 'export const writeClipboardImages = null, readClipboardImages = null, hasClipboardImages = null;',
  },
];

/**
 * Where clipboardy looks for the programs that it brings for systems without a clipboard tool. zephr does not publish them
 * and must not run a file that happens to lie there, so the path becomes an empty one, at which there is none. The build
 * fails when clipboardy words this differently, and test/cli/clipboard.test.ts when such a path is left.
 */
const CLIPBOARD_PROGRAMS: Readonly<Record<string, string>> = {
  'linux.js': "path.join(__dirname, '../fallbacks/linux/xsel')",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is clipboardy's text.
  'windows.js': 'path.join(__dirname, `../fallbacks/windows/clipboard_${binarySuffix}.exe`)',
};

const noClipboardPrograms: Plugin = {
  name: 'no-clipboard-programs',
  transform: {
    filter: { id: /\/node_modules\/clipboardy\/lib\/(linux|windows)\.js$/ },
    handler(code, id) {
      const path = CLIPBOARD_PROGRAMS[basename(id)];
      if (path === undefined || !code.includes(path)) throw new Error(`${id} no longer says: ${path}`);
      return code.replace(path, "''");
    },
  },
};

/**
 * Leaves out of nodemailer what its SMTP client does not use: fetching over HTTP, with cookies, and names of other alphabets.
 * The package does not say that these modules do nothing by themselves.
 */
const smtpAlone: Plugin = {
  name: 'smtp-alone',
  transform: {
    filter: { id: /\/node_modules\/nodemailer\/dist\/esm\/(fetch|punycode|shared)\// },
    handler: (code) => ({ code, moduleSideEffects: false }),
  },
};

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

/**
 * For the SDK, which runs in browsers too. HPKE asks Node's module for WebCrypto where it is no global, as before Node 19;
 * other people's bundlers would warn of that import.
 */
export const WITHOUT_NODE: Plugin[] = [
  replace({
    importer: '@hpke/common',
    imported: 'crypto',
    code: 'export const webcrypto = globalThis.crypto;',
  }),
];

/** For the bundle of the command. */
export const CHANGED_PACKAGES: Plugin[] = [...REPLACEMENTS.map(replace), noClipboardPrograms, smtpAlone];
