/** What every bundle of the package has in common: Rolldown, told how zephr's sources are read. */

import { fileURLToPath } from 'node:url';
import { build, type OutputChunk, type OutputOptions, type Plugin } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What to bundle, and how. */
export interface BundleOptions {
  /** Sources relative to the repository, by the name of the file that each becomes. */
  readonly entries: Readonly<Record<string, string>>;
  readonly platform: 'node' | 'browser' | 'neutral';
  readonly target: string | string[];
  /** Values for names that the sources declare, as JavaScript. */
  readonly define?: Record<string, string>;
  /** Packages that are left to be found when the bundle runs. */
  readonly external?: string[];
  readonly plugins?: Plugin[];
  readonly output: OutputOptions;
}

/**
 * Makes a bundle, and writes nothing.
 * @throws Error also where Rolldown would only warn: its warnings are about mistakes in the sources or here.
 */
export async function bundle(options: BundleOptions): Promise<OutputChunk[]> {
  const { entries, platform, target, define = {}, external = [], plugins = [], output } = options;
  const { output: files } = await build({
    cwd: root,
    input: entries,
    platform,
    external,
    plugins,
    // Where a package comes as ES modules and as CommonJS, the former.
    resolve: { mainFields: ['module', 'main'] },
    transform: { target, define },
    // An entry point may export more than its source does: what other files of the bundle use of it.
    preserveEntrySignatures: 'allow-extension',
    onLog(level, log) {
      // How long the bundler's callbacks took says something of the machine, and nothing of the bundle.
      if (level === 'warn' && log.code !== 'PLUGIN_TIMINGS') throw new Error(log.message);
    },
    write: false,
    output,
  });
  return files.filter((file) => file.type === 'chunk');
}
