/**
 * The clipboard of the desktop. The text goes to a tool's stdin, never into its arguments or environment, and the tool
 * gets a clean environment: that is what a package for clipboards would not give it.
 */

import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { CliError } from '../../exit/cli-error.js';
import { EXIT } from '../../exit/codes.js';
import { childEnvironment } from '../child-environment.js';
import { type Environment, type Terminal, untilInterrupted } from '../terminal.js';
import { type Clipboard, notCopied } from './contract.js';

/** A program that puts its stdin on the clipboard. It may go on serving the clipboard in the background. */
interface Tool {
  readonly name: string;
  readonly args: readonly string[];
  /** Variables that it needs beside those that it is passed. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its arguments for reading the clipboard, where it fails without a display. */
  readonly probe?: readonly string[];
}

/** After this time without an answer a clipboard counts as present, in milliseconds. */
const PROBE_MS = 1000;

const WL_COPY: Tool = { name: 'wl-copy', args: ['--type', 'text/plain'] };
const XSEL: Tool = { name: 'xsel', args: ['--clipboard', '--input'], probe: ['--clipboard', '--output'] };
const XCLIP: Tool = {
  name: 'xclip',
  args: ['-selection', 'clipboard', '-in'],
  probe: ['-selection', 'clipboard', '-out'],
};
const CLIP_EXE: Tool = { name: 'clip.exe', args: [] };
/** Without this variable it takes its stdin for the encoding of old Macs. */
const PBCOPY: Tool = { name: 'pbcopy', args: [], env: { LC_CTYPE: 'UTF-8' } };
const TERMUX: Tool = { name: 'termux-clipboard-set', args: [] };
/** clip.exe of Windows takes its stdin for the encoding of the console, so PowerShell reads it here, as UTF-8. */
const POWERSHELL: Tool = {
  name: 'powershell.exe',
  args: [
    '-NoProfile',
    '-NonInteractive',
    '-Command',
    '$reader = New-Object IO.StreamReader([Console]::OpenStandardInput(), (New-Object Text.UTF8Encoding $false)); ' +
      'Set-Clipboard -Value $reader.ReadToEnd()',
  ],
};

/**
 * Finds the tool for the desktop's clipboard, without touching what is on it.
 * @throws CliError exit 2 `NO_CLIPBOARD` when there is no tool or no display.
 */
export async function clipboardOfDesktop(terminal: Terminal): Promise<Clipboard> {
  return clipboardOf(await findTool(terminal), terminal);
}

async function findTool({ env, platform }: Terminal): Promise<Tool> {
  if (platform === 'darwin') return PBCOPY;
  if (platform === 'win32') return POWERSHELL;
  const wayland = env.WAYLAND_DISPLAY !== undefined || env.XDG_SESSION_TYPE === 'wayland';
  const inOrder = wayland ? [WL_COPY, CLIP_EXE, XSEL, XCLIP] : [CLIP_EXE, XSEL, XCLIP, WL_COPY];
  for (const tool of platform === 'android' ? [TERMUX] : inOrder) {
    if (!(await isOnPath(tool.name, env.PATH ?? ''))) continue;
    if (tool.probe !== undefined) await probe(tool.name, tool.probe, env);
    return tool;
  }
  const tools = wayland ? 'wl-clipboard' : 'xsel or xclip, or wl-clipboard on Wayland';
  throw noClipboard('there is no program here that can use the clipboard', `install ${tools}`);
}

function clipboardOf(tool: Tool, { env, interrupt }: Terminal): Clipboard {
  return {
    confirms: true,
    async write(text) {
      try {
        await untilInterrupted(pipeTo(tool, text, env), interrupt);
      } catch (cause) {
        interrupt.throwIfAborted();
        const advice = 'is there a desktop session? without one there is no clipboard';
        throw notCopied('the clipboard did not take it', advice, cause);
      }
    },
  };
}

/** Its output is not read: a tool that serves the clipboard in the background keeps it open for ever. */
function pipeTo({ name, args, env: needed }: Tool, text: string, env: Environment): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(name, args, {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { ...childEnvironment(env), ...needed },
      windowsHide: true,
    });
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${name} failed`))));
    // A tool that does not read its stdin fails with an exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(text);
  });
}

/**
 * Asks an X tool for the clipboard, and looks only at what it writes to stderr: without a display it says so.
 * @throws CliError exit 2 `NO_CLIPBOARD` when there is no display.
 */
async function probe(tool: string, args: readonly string[], env: Environment): Promise<void> {
  const errors = await new Promise<string>((resolve, reject) => {
    const child = spawn(tool, args, { stdio: ['ignore', 'ignore', 'pipe'], env: childEnvironment(env) });
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
