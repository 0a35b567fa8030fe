/** `zephr get` of a secret with files, or of a stream: into a folder, a file, or stdout as it comes. */

import { mkdir, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { SecretFile } from '../../../client/files/download.js';
import type { OpenedSecret } from '../../../client/open-secret.js';
import type { Bytes } from '../../../core/bytes.js';
import { CliError } from '../../exit/cli-error.js';
import { EXIT } from '../../exit/codes.js';
import { kindOf, moveTo, moveToFirstValidName, namesFor } from '../../files/output-file.js';
import type { Context } from '../../parser/command.js';
import type { CommonFlags } from '../../settings/settings.js';
import { jsonLine } from '../../terminal/escape.js';
import { safeNames } from '../../transfer/file-names.js';
import { PartFolder, placeAll, requireFree } from '../../transfer/part-folder.js';
import { inUnits, type Progress, showProgress } from '../../transfer/progress.js';
import { askFolder } from './ask-folder.js';
import type { ClaimedRead } from './claimed-read.js';
import {
  aboutSecret,
  asJson,
  checkTerminal,
  type Destination,
  type DestinationFlags,
} from './destination.js';

/** How often what came is brought to the disk and noted, in milliseconds. */
const NOTE_INTERVAL_MS = 2_000;

/** A secret that was delivered. */
export interface Arrived {
  /** Says where it is now, and removes what was needed for another try. */
  report(): Promise<void>;
}

/** What a delivery works with. */
export interface FilesDelivery {
  readonly secret: OpenedSecret;
  readonly destination: Destination;
  readonly read: ClaimedRead;
  readonly context: Pick<Context<CommonFlags & DestinationFlags>, 'flags' | 'terminal' | 'reporter' | 'now'>;
  /** The name of a folder for the files in that of `-o`, so that those of several secrets keep their names. */
  readonly folder?: string | undefined;
}

/**
 * Fetches the files and puts them where the flags say, and the text that came with them on stdout.
 * @throws CliError exit 10 when they cannot go there, before a byte of them is written as far as that can be known; what
 *   fetching them throws.
 */
export async function deliverFiles(delivery: FilesDelivery): Promise<Arrived> {
  const { secret, destination, context } = delivery;
  const { output } = context.flags;
  const isStream = secret.files.length === 1 && secret.files[0]?.name === undefined;
  if (destination.deliverStream !== undefined && (isStream || output !== undefined)) {
    requireOne(secret.files, output ?? 'stdout');
    const { quiet, json } = context.flags;
    const options = { quiet, json, totalBytes: secret.totalBytes };
    // The terminal is the place of the secret then.
    const progress = showProgress(context.terminal, 'received', {
      ...options,
      quiet: quiet || !isAside(delivery),
    });
    try {
      await destination.deliverStream(contentOf(secret, progress), secret);
    } finally {
      await progress.end();
    }
    return { report: async () => undefined };
  }
  const target = await targetOf(delivery);
  const isFolder = (await kindOf(target)) === 'directory';
  if (!isFolder) requireOne(secret.files, target);
  const { paths, parts } = await intoFolder(delivery, target, isFolder);
  await handOutText(delivery, paths);
  return {
    async report() {
      await parts.remove();
      const what = secret.files.length === 1 ? inUnits(secret.totalBytes) : describeAll(secret);
      const where = paths.length === 1 ? paths[0] : target;
      await context.reporter.info(`${what} written to ${where}`);
    },
  };
}

/** Where the files go: the output, a folder of their own in it, or the folder that is asked for. */
async function targetOf({ secret, context: { flags, terminal }, folder }: FilesDelivery): Promise<string> {
  const { output } = flags;
  if (output === undefined) return askFolder(terminal, describe(secret));
  if (folder === undefined || secret.files[0]?.name === undefined) return output;
  const own = join(output, folder);
  await mkdir(own, { recursive: true });
  return own;
}

function describeAll({ files, totalBytes }: OpenedSecret): string {
  return `${files.length} files, ${inUnits(totalBytes)} together,`;
}

/** Writes the text that came with files, as JSON with where they are. */
async function handOutText({ secret, context }: FilesDelivery, paths: readonly string[]): Promise<void> {
  const { flags, terminal } = context;
  const { stdout } = terminal;
  const { note, files } = secret;
  if (flags.json) {
    const list = files.map(({ name, size }, index) => ({ name, size, path: paths[index] }));
    const text = note.length === 0 ? {} : asJson({ bytes: note });
    const where = files.length === 1 ? { output: paths[0] } : {};
    await stdout.write(jsonLine({ ...text, ...where, ...aboutSecret(secret), files: list }));
  } else if (note.length > 0) {
    checkTerminal(undefined, stdout, note);
    await stdout.write(note);
    if (stdout.isTerminal && note.at(-1) !== 0x0a) await stdout.write('\n');
  }
  await stdout.flush();
}

function isAside({ destination, context: { terminal } }: FilesDelivery): boolean {
  return destination.place !== 'stdout' || !terminal.stdout.isTerminal;
}

/** The bytes of the only file. */
async function* contentOf(secret: OpenedSecret, progress: Progress): AsyncGenerator<Bytes, void, undefined> {
  let received = 0;
  for await (const { bytes } of secret.parts()) {
    yield bytes;
    received += bytes.length;
    progress.update(received);
  }
}

function requireOne(files: readonly SecretFile[], output: string): void {
  if (files.length === 1) return;
  throw new CliError(
    EXIT.notDelivered,
    'NOT_DELIVERED',
    `${files.length} files came, and ${output} is not a folder`,
    { advice: 'name a folder with -o' },
  );
}

/** What came, in words: the first files with their sizes, and how many more. */
function describe({ files }: OpenedSecret): string {
  const named = files.slice(0, 5).map(({ name, size }) => `${name ?? 'a stream'} (${inUnits(size)})`);
  const more = files.length > named.length ? ` and ${files.length - named.length} more` : '';
  return `${files.length === 1 ? 'a file' : `${files.length} files`} came: ${named.join(', ')}${more}`;
}

/** Files that have their names. */
interface Placed {
  readonly paths: readonly string[];
  readonly parts: PartFolder;
}

/** @param target a folder, or the path of the only file. */
async function intoFolder(
  { secret, read, context }: FilesDelivery,
  target: string,
  isFolder: boolean,
): Promise<Placed> {
  const { flags, terminal } = context;
  const { files, totalBytes } = secret;
  const directory = isFolder ? target : dirname(target);
  const names = safeNames(
    files.map(({ name }) => name ?? secret.name),
    terminal.platform,
  );
  const parts = await PartFolder.open(resolve(directory), files, read.part);
  const isNamed = isFolder && files[0]?.name !== undefined;
  const pairs = names.map(
    (name, index) => [join(parts.state.folder, String(index)), join(target, name)] as const,
  );
  let isKept = false;
  try {
    if (isNamed) await requireFree(pairs);
    await requireRoom(directory, totalBytes - parts.written);
    isKept = true;
    await fetchInto(parts, { secret, read, context });
    const complete = await parts.complete();
    await read.notePart(parts.state, secret);
    terminal.interrupt.throwIfAborted();
    if (isNamed) {
      await placeAll(pairs);
      return { paths: pairs.map(([, to]) => to), parts };
    }
    const [only = ''] = complete;
    const path = isFolder
      ? await moveToFirstValidName(only, target, namesFor(secret.name, terminal.platform))
      : await moveTo(only, target, flags.force ?? false);
    return { paths: [path], parts };
  } catch (error) {
    await parts.close();
    // What came is for the next try of the same command.
    if (!isKept && parts.written === 0) await parts.remove();
    else await read.notePart(parts.state, secret);
    throw error;
  }
}

/** Fetches what is not there yet, and notes from time to time how far that has come. */
async function fetchInto(
  parts: PartFolder,
  { secret, read, context: { flags, terminal, now } }: Omit<FilesDelivery, 'destination'>,
): Promise<void> {
  const { quiet, json } = flags;
  const progress = showProgress(terminal, 'received', { quiet, json, totalBytes: secret.totalBytes });
  try {
    await read.notePart(parts.state, secret);
    let notedAt = now();
    for await (const part of secret.parts(parts.written)) {
      await parts.write(part);
      progress.update(parts.written);
      if (now() - notedAt < NOTE_INTERVAL_MS) continue;
      await parts.sync();
      await read.notePart(parts.state, secret);
      notedAt = now();
    }
  } finally {
    await progress.end();
  }
}

/** @throws CliError exit 10 where the system says that the disk has no room for so many bytes. */
async function requireRoom(directory: string, bytes: number): Promise<void> {
  // Not every file system can say it.
  const found = await statfs(directory).catch(() => null);
  if (found === null || found.blocks === 0) return;
  const room = found.bavail * found.bsize;
  if (room >= bytes) return;
  throw new CliError(
    EXIT.notDelivered,
    'NOT_DELIVERED',
    `${directory} has room for ${inUnits(room)}, and ${inUnits(bytes)} are to come`,
    { advice: 'make room there, or name another folder with -o' },
  );
}
