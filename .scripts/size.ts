/** `npm run size`: what a program that creates and reads secrets adds to a page, with and without a passphrase. */

import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

const { outputFiles } = await build({
  stdin: {
    contents: `import { createSecret, retrieveSecret } from './dist/index.js'; globalThis.zephr = { createSecret, retrieveSecret };`,
    resolveDir: root,
  },
  bundle: true,
  minify: true,
  splitting: true,
  format: 'esm',
  platform: 'browser',
  outdir: 'out',
  write: false,
});
for (const { path, contents } of outputFiles) {
  const what = path.includes('argon2id') ? 'Argon2id, when a passphrase is used' : 'create and read';
  console.log(`${what.padEnd(36)} ${contents.length} bytes, ${gzipSync(contents).length} gzipped`);
}
