/**
 * The clipboard, by way of clipboardy or of a tool that clipboardy does not use. Loaded for `--copy`. The text goes to
 * a tool's stdin, never into its arguments or environment.
 */

import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { CliError } from '../exit/cli-error.js';
import { EXIT } from '../exit/codes.js';
import { type Terminal, untilInterrupted } from './terminal.js';

export interface Clipboard {
  /**
   * Puts `text` on the clipboard, exactly.
   * @throws CliError exit 10 `NOT_COPIED` when the clipboard did not take it.
   */
  write(text: string): Promise<void>;
}

/** After this time without an answer a clipboard counts as present, in milliseconds. */
const PROBE_MS = 1000;

/**
 * Finds the clipboard, without touching what is on it.
 * @throws CliError exit 2 `NO_CLIPBOARD` when there is none, as far as that can be told without writing to it.
 */
export async function openClipboard(terminal: Terminal): Promise<Clipboard> {
  if (terminal.platform !== 'linux') return clipboardOf(terminal, clipboardy);
  const { env } = terminal;
  const wayland = env.WAYLAND_DISPLAY !== undefined || env.XDG_SESSION_TYPE === 'wayland';
  const has = (tool: string) => isOnPath(tool, env.PATH ?? '');
  if ((wayland && (await has('wl-copy'))) || (await has('clip.exe')))
    return clipboardOf(terminal, clipboardy);
  if (await has('xsel')) {
    await probe('xsel', ['--clipboard', '--output']);
    return clipboardOf(terminal, clipboardy);
  }
  // clipboardy does not use xclip, which keeps its output open for ever; here that output is not read.
  if (await has('xclip')) {
    await probe('xclip', ['-selection', 'clipboard', '-out']);
    return clipboardOf(terminal, pipeTo('xclip', ['-selection', 'clipboard', '-in']));
  }
  if (await has('wl-copy')) return clipboardOf(terminal, pipeTo('wl-copy', ['--type', 'text/plain']));
  const tools = wayland ? 'wl-clipboard' : 'xsel or xclip, or wl-clipboard on Wayland';
  throw noClipboard('there is no program here that can use the clipboard', `install ${tools}`);
}

function clipboardOf({ interrupt }: Terminal, write: Clipboard['write']): Clipboard {
  return {
    async write(text) {
      try {
        await untilInterrupted(write(text), interrupt);
      } catch (cause) {
        interrupt.throwIfAborted();
        // The tool's own message could repeat the text.
        throw new CliError(EXIT.notDelivered, 'NOT_COPIED', 'the clipboard did not take it', {
          advice: 'is there a desktop session? without one there is no clipboard',
          cause,
        });
      }
    },
  };
}

async function clipboardy(text: string): Promise<void> {
  const { default: clipboard } = await import('clipboardy');
  await clipboard.write(text);
}

/** Writes text to a tool that goes on serving the clipboard in the background. The tool's output is not read. */
function pipeTo(tool: string, args: readonly string[]): (text: string) => Promise<void> {
  return (text) =>
    new Promise((resolve, reject) => {
      const child = spawn(tool, args, { stdio: ['pipe', 'ignore', 'ignore'] });
      child.on('error', reject);
      child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${tool} failed`))));
      // A tool that does not read its stdin fails with an exit code.
      child.stdin.on('error', () => undefined);
      child.stdin.end(text);
    });
}

/**
 * Asks an X tool for the clipboard, and looks only at what it writes to stderr: without a display it says so.
 * @throws CliError exit 2 `NO_CLIPBOARD` when there is no display.
 */
async function probe(tool: string, args: readonly string[]): Promise<void> {
  const errors = await new Promise<string>((resolve, reject) => {
    const child = spawn(tool, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let written = '';
    child.stderr.on('data', (chunk: Buffer) => {
      written += chunk.toString();
    });
    // The program that owns the clipboard may be slow to answer; then there is a clipboard.
    const timer = setTimeout(() => child.kill(), PROBE_MS);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(code === 0 ? '' : written);
    });
  });
  if (!/display/i.test(errors)) return;
  throw noClipboard(
    'there is no clipboard: no display can be opened',
    'a clipboard needs a desktop session: leave out --copy',
  );
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
