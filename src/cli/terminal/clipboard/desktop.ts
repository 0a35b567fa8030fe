/**
 * The clipboard of the desktop, by way of clipboardy, or of a tool that clipboardy does not use. The text goes to a
 * tool's stdin, never into its arguments or environment, and every tool gets a clean environment.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { CliError } from '../../exit/cli-error.js';
import { EXIT } from '../../exit/codes.js';
import { type Environment, type Terminal, untilInterrupted } from '../terminal.js';
import { childEnvironment } from './child-environment.js';
import { type Clipboard, notCopied } from './contract.js';

declare const __ZEPHR_CLIPBOARD_THREAD__: string | undefined;

/** The program of the thread with clipboardy, beside the bundle; run from source, that of the last build. */
const THREAD =
  typeof __ZEPHR_CLIPBOARD_THREAD__ === 'string'
    ? join(__dirname, __ZEPHR_CLIPBOARD_THREAD__)
    : new URL('../../../../dist/cli/clipboard-thread.cjs', import.meta.url);

/** After this time without an answer a clipboard counts as present, in milliseconds. */
const PROBE_MS = 1000;

/** Puts a text on the clipboard, with a tool that gets this environment. */
type Copy = (text: string, env: Record<string, string>) => Promise<void>;

/**
 * Finds what copies to the desktop's clipboard, without touching what is on it.
 * @throws CliError exit 2 `NO_CLIPBOARD` when there is no tool or no display.
 */
export async function clipboardOfDesktop(terminal: Terminal): Promise<Clipboard> {
  const { env, interrupt } = terminal;
  const copy = await findCopy(terminal);
  return {
    confirms: true,
    async write(text) {
      try {
        await untilInterrupted(copy(text, childEnvironment(env)), interrupt);
      } catch (cause) {
        interrupt.throwIfAborted();
        const advice = 'is there a desktop session? without one there is no clipboard';
        throw notCopied('the clipboard did not take it', advice, cause);
      }
    },
  };
}

async function findCopy({ env, platform }: Terminal): Promise<Copy> {
  if (platform === 'darwin' || platform === 'win32') return copyByClipboardy;
  const has = (tool: string) => isOnPath(tool, env.PATH ?? '');
  if (platform === 'android') {
    if (await has('termux-clipboard-set')) return copyByClipboardy;
    throw noProgram('termux-api');
  }
  const wayland = (env.WAYLAND_DISPLAY ?? '') !== '' || env.XDG_SESSION_TYPE === 'wayland';
  // clipboardy knows Wayland on Linux only.
  if ((wayland && platform === 'linux' && (await has('wl-copy'))) || (await has('clip.exe')))
    return copyByClipboardy;
  if (await has('xsel')) {
    await probe('xsel', ['--clipboard', '--output'], env);
    return copyByClipboardy;
  }
  // clipboardy does not use xclip, which keeps its output open for ever; here that output is not read.
  if (await has('xclip')) {
    await probe('xclip', ['-selection', 'clipboard', '-out'], env);
    return copyBy('xclip', ['-selection', 'clipboard', '-in']);
  }
  // wl-copy finds a compositor of the usual name without a variable that says that there is one.
  if (await has('wl-copy')) return copyBy('wl-copy', ['--type', 'text/plain']);
  throw noProgram(wayland ? 'wl-clipboard' : 'xsel or xclip, or wl-clipboard on Wayland');
}

/** clipboardy has no option for an environment: it runs in a thread that has no other. */
async function copyByClipboardy(text: string, env: Record<string, string>): Promise<void> {
  const thread = new Worker(THREAD, { workerData: text, env });
  // An error that ends the thread rejects.
  const [code] = await once(thread, 'exit');
  if (code !== 0) throw new Error('the thread ended early');
}

/** Its output is not read: a tool that serves the clipboard in the background keeps it open for ever. */
function copyBy(tool: string, args: readonly string[]): Copy {
  return async (text, env) => {
    const child = spawn(tool, args, { stdio: ['pipe', 'ignore', 'ignore'], env });
    // A tool that does not read its stdin fails with an exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(text);
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`${tool} failed`);
  };
}

/**
 * Asks an X tool for the clipboard, and looks only at what it writes to stderr: without a display it says so.
 * @throws CliError exit 2 `NO_CLIPBOARD` when there is no display.
 */
async function probe(tool: string, args: readonly string[], env: Environment): Promise<void> {
  const child = spawn(tool, args, { stdio: ['ignore', 'ignore', 'pipe'], env: childEnvironment(env) });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  // The program that owns the clipboard may be slow to answer; then there is a clipboard.
  const timer = setTimeout(() => child.kill(), PROBE_MS);
  const [code] = await once(child, 'close').finally(() => clearTimeout(timer));
  if (code === 0 || !/display/i.test(errors)) return;
  throw noClipboard(
    'there is no clipboard: no display can be opened',
    'a clipboard needs a desktop session: leave out --copy',
  );
}

function noProgram(toInstall: string): CliError {
  return noClipboard('there is no program here that can use the clipboard', `install ${toInstall}`);
}

function noClipboard(message: string, advice: string): CliError {
  return new CliError(EXIT.usage, 'NO_CLIPBOARD', message, { advice });
}

async function isOnPath(tool: string, path: string): Promise<boolean> {
  for (const folder of path.split(delimiter).filter((one) => one !== '')) {
    try {
      await access(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      // Missing there, or not executable: the next folder may have it.
    }
  }
  return false;
}
