/** What every bundle of the package has in common: Rolldown, told how zephr's sources are read. */

import { fileURLToPath } from 'node:url';
import { build, type OutputChunk, type OutputOptions, type Plugin } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A bundle to be made. */
export interface Bundling {
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
 * @throws Error for whatever Rolldown would only warn of: what it warns of is a mistake in the sources or here.
 */
export async function bundle(options: Bundling): Promise<OutputChunk[]> {
  const { entries, platform, target, define = {}, external = [], plugins = [], output } = options;
  const { output: files } = await build({
    cwd: root,
    input: entries,
    platform,
    external,
    plugins,
    // The newer of the two forms in which packages come.
    resolve: { mainFields: ['module', 'main'] },
    transform: { target, define },
    // What other files of a bundle use of an entry point may be among its exports.
    preserveEntrySignatures: 'allow-extension',
    onLog(level, log) {
      if (level === 'warn') throw new Error(log.message);
    },
    write: false,
    output,
  });
  return files.filter((file) => file.type === 'chunk');
}
