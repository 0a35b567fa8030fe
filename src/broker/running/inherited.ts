/** What this process was started with and Node does not tell, or tells otherwise: bytes that are no text, descriptors. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What a text has in place of bytes that are none. */
const REPLACED = '\uFFFD';

/** Descriptors below this number are looked at: Node lets those above it go to a command by itself. */
const BELOW = 64;

/** Arguments and variables that are no text, as `startCommand` takes them. Only Linux tells their bytes. */
export function rawWords(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): { readonly rawArgs?: ReadonlyMap<number, Uint8Array>; readonly rawEnv?: ReadonlyMap<string, Uint8Array> } {
  const suspect = args.some((word) => word.includes(REPLACED));
  const suspectNames = Object.keys(env).filter(
    (name) => env[name]?.includes(REPLACED) && /^[A-Za-z_]\w*$/.test(name),
  );
  const rawEnv = new Map<string, Uint8Array>();
  const given = suspectNames.length === 0 ? [] : wordsIn('/proc/self/environ');
  for (const name of suspectNames) {
    const found = given.find((word) => word.subarray(0, name.length + 1).toString('latin1') === `${name}=`);
    // One that was set here, such as a secret, is the text that it is.
    if (found !== undefined && !isText(found)) rawEnv.set(name, found.subarray(name.length + 1));
  }
  const rawArgs = new Map<number, Uint8Array>();
  const words = suspect ? wordsIn('/proc/self/cmdline') : [];
  // The command's arguments are the last ones.
  const first = words.length - args.length;
  for (const index of args.keys()) {
    const word = words[first + index];
    if (word !== undefined && !isText(word)) rawArgs.set(index, word);
  }
  return { ...(rawArgs.size > 0 ? { rawArgs } : {}), ...(rawEnv.size > 0 ? { rawEnv } : {}) };
}

function wordsIn(path: string): Buffer[] {
  const bytes = readWhole(path);
  const words: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0, start);
    words.push(bytes.subarray(start, end === -1 ? bytes.length : end));
    start = (end === -1 ? bytes.length : end) + 1;
  }
  return words;
}

function readWhole(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    // Not Linux.
    return Buffer.alloc(0);
  }
}

function isText(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString('utf8')).equals(bytes);
}

/**
 * Descriptors beyond the standard ones that whoever started this process gave it, such as those of `<(…)` in a shell.
 * Node's own are left out: they are of no file, or pipes of which it has both ends. Only Linux tells them.
 */
export function inheritedDescriptors(): number[] {
  const targets = new Map<number, string>();
  for (const name of namesIn('/proc/self/fd')) {
    const descriptor = Number(name);
    const target = descriptor > 2 && descriptor < BELOW ? linkOf(`/proc/self/fd/${name}`) : null;
    if (target !== null) targets.set(descriptor, target);
  }
  const all = [...targets.values()];
  const isOwn = (target: string) =>
    target.startsWith('anon_inode:') ||
    target === '/dev/null' ||
    (target.startsWith('pipe:') && all.filter((other) => other === target).length > 1);
  return [...targets].filter(([, target]) => !isOwn(target)).map(([descriptor]) => descriptor);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Not Linux.
    return [];
  }
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    // That of the folder itself, which is closed again.
    return null;
  }
}
